// SPDX-License-Identifier: MIT
#include "tandem/scenarios/learn.hpp"

#include "learn/fit.hpp"
#include "learn/seen.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/option_text.hpp"
#include "tandem/core/option_table.hpp"
#include "tandem/net/identity.hpp"
#include "tandem/net/trace_file.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace tandem::scenarios {
namespace {

// Fewer say nothing.
constexpr std::size_t arrivals_least = 20;

std::string changed_options(const manager_options& of) {
  std::string out;
  for (const auto& row : option_table()) {
    const auto text = option_text(row, of);
    if (text != option_text(row, {}))
      out += (out.empty() ? "" : ", ") + std::string(row.name) + ": " + text;
  }
  return out.empty() ? "" : ", manager: {" + out + "}";
}

// As many subnets as there were, with as many peers in each as the average was.
std::string addresses_of(const seen_by_node& seen) {
  const auto subnets = std::clamp<std::size_t>(seen.peers_in_subnet.size(), 1, 256);
  return "{in: 198.18.0.0/15, subnets: " + std::to_string(std::min(subnets, seen.peers.size())) +
         "}";
}

seen_by_node busiest(const std::vector<recording>& runs) {
  std::map<peer_id, seen_by_node> nodes;
  for (const auto& run : runs) {
    trace_file_source heads({run.front()});
    watch_run(run, nodes[heading_of(heads).self]);
  }
  const auto many = [](const auto& node) { return node.second.arrivals.size(); };
  return std::ranges::max_element(nodes, {}, many)->second;
}

}  // namespace

learned_scenario learn(const std::vector<recording>& runs, const std::string& name) {
  const auto seen = busiest(runs);
  if (seen.arrivals.size() < arrivals_least)
    throw bad_input(runs.front().front().string(), "has " + std::to_string(seen.arrivals.size()) +
                                                       " arrivals, and " +
                                                       std::to_string(arrivals_least) +
                                                       " are needed to learn from: record longer");
  learned_scenario out;
  out.node = to_string(seen.self);
  out.failures.assign(seen.failures.begin(), seen.failures.end());
  out.fits.push_back(fit_arrivals(seen.arrivals));
  const auto arrivals = out.fits.back().text;
  out.fits.push_back(fit_durations("holding times", seen.lives, seen.cut_short));
  const auto hold = out.fits.back().text;
  std::vector<double> one_way;
  for (const double trip : seen.round_trips) one_way.push_back(trip / 2);
  out.fits.push_back(fit_durations("one-way latencies", one_way));
  const auto latency = out.fits.back().text;

  const auto peers = std::max<std::size_t>(seen.peers.size(), 1);
  out.yaml =
      "# Learned by `tandem learn` from a recording; no name and no address of it is in here.\n"
      "scenario: " +
      name + "\n" + "duration: " + duration_text(std::max(seen.length, 1.0)) + "\n" +
      "groups:\n"
      "  node: {listen: true" +
      changed_options(seen.options) + "}\n" + "  peers: {count: " + std::to_string(peers) +
      ", addresses: " + addresses_of(seen) +
      // How long they hold was learned: no idle timeout of theirs may cut it short.
      ", manager: {connection_timeout: 8760h}}\n";
  if (!latency.empty()) out.yaml += "links: {default: {latency: " + latency + "}}\n";
  out.yaml += "workload:\n  - dial: {from: peers, to: node, until: " +
              duration_text(std::max(seen.length, 1.0)) + ", arrivals: " + arrivals +
              (hold.empty() ? "" : ", hold: " + hold) + "}\n";
  if (!out.failures.empty()) out.yaml += "# Seen, to compare with:\n";
  for (const auto& [what, times] : out.failures)
    out.yaml += "#   " + what + ": " + std::to_string(times) + "\n";
  return out;
}

}  // namespace tandem::scenarios
