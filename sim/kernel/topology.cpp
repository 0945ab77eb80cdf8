// SPDX-License-Identifier: MIT
#include "tandem/sim/topology.hpp"

#include <algorithm>
#include <functional>
#include <queue>
#include <tuple>

namespace tandem::sim {

routes::routes(const topology& of) : lines_(of.lines) {
  const auto routers = of.routers.size();
  std::vector<std::vector<std::uint32_t>> out_of(routers);
  for (std::uint32_t i = 0; i < lines_.size(); ++i) {
    out_of[lines_[i].a].push_back(i * 2);
    out_of[lines_[i].b].push_back(i * 2 + 1);
  }
  using cost = std::pair<duration, std::uint32_t>;  // latency, lines
  into_.assign(routers, std::vector<std::uint32_t>(routers, none));
  for (router_index to = 0; to < routers; ++to) {
    // Dijkstra from the destination: every line is the same backwards.
    std::vector<cost> best(routers, {duration::max(), 0});
    std::priority_queue<std::tuple<cost, router_index>, std::vector<std::tuple<cost, router_index>>,
                        std::greater<>>
        reached;
    best[to] = {};
    reached.emplace(cost{}, to);
    while (!reached.empty()) {
      const auto [so_far, at] = reached.top();
      reached.pop();
      if (so_far != best[at]) continue;
      for (const std::uint32_t line : out_of[at]) {
        const router_index next = end_of(line);
        const cost then{so_far.first + lines_[line / 2].latency, so_far.second + 1};
        const bool as_good = then == best[next] && next != to && (line ^ 1) < into_[to][next];
        if (then < best[next]) reached.emplace(then, next);
        if (then < best[next] || as_good) {
          best[next] = then;
          into_[to][next] = line ^ 1;
        }
      }
    }
  }
}

route routes::between(router_index from, router_index to) const {
  route out;
  for (router_index at = from; at != to;) {
    const std::uint32_t line = first_line(at, to);
    const router_line& is = lines_[line / 2];
    out.lines.push_back(line);
    if (is.bandwidth != 0) {
      out.stops.push_back({line, is.bandwidth, is.queue});
      out.tightest = out.tightest == 0 ? is.bandwidth : std::min(out.tightest, is.bandwidth);
    }
    out.latency += is.latency;
    (out.stops.empty() ? out.before : out.stops.back().then) += is.latency;
    at = end_of(line);
  }
  return out;
}

}  // namespace tandem::sim
