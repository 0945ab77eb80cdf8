// SPDX-License-Identifier: MIT
#include "link_table.hpp"

#include "tandem/core/random.hpp"
#include "tandem/sim/message_network.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tandem::scenarios {
namespace {

bool is_drawn(const std::optional<sim::distribution>& latency) {
  return latency && latency->how() != sim::distribution::kind::constant;
}

// A packet is lost on the way when it is on any part of it.
void add_loss(sim::link& out, const link_spec& part) {
  const double more = part.loss.value_or(0);
  out.loss = out.loss == 0 ? more : more == 0 ? out.loss : 1 - (1 - out.loss) * (1 - more);
  out.mean_burst = std::max(out.mean_burst, part.mean_burst);
}

void add_jitter(sim::link& out, const link_spec& part) {
  if (!part.jitter || *part.jitter == sim::distribution()) return;
  out.delays.push_back(*part.jitter);
  out.delays_most += most_of(*part.jitter);
}

void add_disorder(sim::link& out, const link_spec& part) {
  if (part.reorder.value_or(0) > out.reorder) {
    out.reorder = *part.reorder;
    out.reorder_by = part.reorder_by;
  }
  out.duplicate = std::max(out.duplicate, part.duplicate.value_or(0));
}

// The lower of two rates, of which 0 is no limit.
std::uint64_t tighter(std::uint64_t a, std::uint64_t b) {
  return a == 0 ? b : b == 0 ? a : std::min(a, b);
}

class link_table {
 public:
  link_table(const scenario& what, std::uint64_t seed)
      : what_(what), seed_(seed), made_(what.groups.size() * what.groups.size()) {
    for (std::size_t g = 0; g < what.groups.size(); ++g)
      group_of_.insert(group_of_.end(), what.groups[g].count, static_cast<std::uint16_t>(g));
    if (what.routers) ways_.emplace(what.routers->made);
    for (const auto& link : what.links) {
      between_[{link.first, link.second}] = &link.link;
      between_[{link.second, link.first}] = &link.link;
    }
  }

  link_bounds bounds() const {
    link_bounds out{duration::max(), {}, {}};
    for (group_index a = 0; a < what_.groups.size(); ++a)
      for (group_index b = 0; b < what_.groups.size(); ++b) {
        if (a == b && what_.groups[a].count == 1) continue;
        const auto between = between_groups(a, b);
        auto least = between.core.quantile(0);
        for (const auto group : {a, b})
          if (const auto& link = what_.groups[group].link; link && link->latency)
            least += link->latency->quantile(0);
        const auto& [from, to] = std::tie(what_.groups[a].name, what_.groups[b].name);
        const auto here = a == b ? "within " + from : "between " + from + " and " + to;
        if (duration(least) < out.least) out.least = duration(least), out.nearest = here;
        if (out.waits.empty() &&
            (between.link.loss > 0 || between.link.bandwidth != 0 || between.link.down_rate() != 0))
          out.waits = here;
      }
    return out;
  }

  const sim::link& of(sim::host_index from, sim::host_index to) {
    const group_index a = group_of_[from], b = group_of_[to];
    auto& made = made_[a * what_.groups.size() + b];
    if (!made) made = std::make_unique<entry>(between_groups(a, b));
    if (!made->drawn) return made->link;
    const auto [it, fresh] = drawn_.try_emplace(std::uint64_t{from} << 32 | to);
    if (fresh) {
      it->second = made->link;
      it->second.latency = latency_of(*made, from, to);
      if (ways_) take_way(it->second, from, to);
    }
    return it->second;
  }

 private:
  struct entry {
    sim::link link;
    sim::distribution core;  // latency between the groups, ns
    bool drawn = false;      // some part of the latency is drawn for a pair or a node
  };
  using pair = std::pair<group_index, group_index>;

  // What lies between two groups, access links aside.
  link_spec core_of(group_index a, group_index b) const {
    const auto& first = what_.groups[a];
    const auto& second = what_.groups[b];
    if (const auto it = between_.find({a, b}); it != between_.end()) return *it->second;
    link_spec over;
    if (ways_) {
      over.latency = sim::distribution();  // the routers' lines have it
      return over;
    }
    const bool placed = first.region && second.region;
    const auto* known = placed ? what_.regions.between(*first.region, *second.region) : nullptr;
    if (known != nullptr)
      over.latency = *known;
    else if (!what_.default_link.latency && (first.link || second.link))
      over.latency = sim::distribution();
    return what_.default_link.with(over);
  }

  entry between_groups(group_index a, group_index b) const {
    static const link_spec nothing;
    const auto& sends = what_.groups[a].link ? *what_.groups[a].link : nothing;
    const auto& takes = what_.groups[b].link ? *what_.groups[b].link : nothing;
    const link_spec core = core_of(a, b);
    entry out;
    out.core = core.latency.value_or(sim::distribution::constant(sim::link{}.latency.count()));
    out.drawn =
        ways_ || is_drawn(core.latency) || is_drawn(sends.latency) || is_drawn(takes.latency);
    sim::link& link = out.link;
    if (!out.drawn) link.latency = latency_of(out, a, b, {}, {});
    for (const auto* part : {&sends, &core, &takes}) {
      add_loss(link, *part);
      add_jitter(link, *part);
      add_disorder(link, *part);
    }
    link.bandwidth = tighter(core.up.value_or(0), sends.up.value_or(0));
    const auto down = tighter(core.down.value_or(0), takes.down.value_or(0));
    if (down != link.bandwidth) link.down = down;
    link.queue = sends.queue ? sends.queue : core.queue;
    link.down_queue = takes.queue ? takes.queue : core.queue;
    return out;
  }

  duration latency_of(const entry& of, sim::host_index from, sim::host_index to) const {
    return latency_of(of, group_of_[from], group_of_[to], from, to);
  }
  // Of a pair: the same in both directions when the distribution is; an access link has one
  // latency.
  duration latency_of(const entry& of, group_index a, group_index b, sim::host_index from,
                      sim::host_index to) const {
    const auto [low, high] = std::minmax(from, to);
    auto pair = random_stream::of(seed_ + low, "latency", high);
    std::int64_t sum = of.core.draw(pair);
    for (const auto& [group, host] : {std::pair(a, from), std::pair(b, to)}) {
      auto own = random_stream::of(seed_, "access", host);
      if (const auto& link = what_.groups[group].link; link && link->latency)
        sum += link->latency->draw(own);
    }
    return duration(sum);
  }

  // What lies between the routers of two nodes.
  void take_way(sim::link& out, sim::host_index from, sim::host_index to) {
    const auto& at = what_.routers->made.router_of;
    const auto [it, fresh] = way_of_.try_emplace({at[from], at[to]});
    if (fresh) it->second = ways_->between(at[from], at[to]);
    out.way = &it->second;
    out.latency += it->second.latency;
  }

  const scenario& what_;
  std::uint64_t seed_;
  std::optional<sim::routes> ways_;
  std::map<std::pair<sim::router_index, sim::router_index>, sim::route> way_of_;
  std::vector<std::uint16_t> group_of_;
  std::map<pair, const link_spec*> between_;
  std::vector<std::unique_ptr<entry>> made_;            // of ordered pairs of groups
  std::unordered_map<std::uint64_t, sim::link> drawn_;  // of ordered pairs of nodes, also routed
};

bool says_nothing(const scenario& what) {
  return !what.routers && what.links.empty() && what.default_link == link_spec{} &&
         what.regions.names.empty() &&
         std::ranges::none_of(what.groups, [](const auto& g) { return g.link.has_value(); });
}

}  // namespace

duration most_of(const sim::distribution& of) {
  using kind = sim::distribution::kind;
  const bool ends = of.how() == kind::constant || of.how() == kind::uniform ||
                    of.how() == kind::quantiles || of.how() == kind::values;
  return duration(of.quantile(ends ? 1 : 0.999));
}

// A table keeps what it worked out: threads have one each, and so has who stands outside of them.
sim::link_map link_map_of(const scenario& what, std::uint64_t seed, unsigned threads) {
  if (says_nothing(what)) return {};
  if (threads == 1)
    return [table = std::make_shared<link_table>(what, seed)](
               sim::host_index from, sim::host_index to) -> const sim::link& {
      return table->of(from, to);
    };
  auto tables = std::make_shared<std::vector<link_table>>();
  for (unsigned i = 0; i <= threads; ++i) tables->emplace_back(what, seed);
  return [tables](sim::host_index from, sim::host_index to) -> const sim::link& {
    return (*tables)[sim::message_network::thread_here()].of(from, to);
  };
}

link_bounds bounds_of(const scenario& what) {
  if (says_nothing(what)) return {sim::link{}.latency, {}, {}};
  return link_table(what, what.seed).bounds();
}

}  // namespace tandem::scenarios
