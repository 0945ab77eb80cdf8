// SPDX-License-Identifier: MIT
#include "tandem/scenarios/learn.hpp"

#include "learn/fit.hpp"
#include "learn/seen.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/option_text.hpp"
#include "tandem/core/counted.hpp"
#include "tandem/core/option_table.hpp"
#include "tandem/net/identity.hpp"
#include "tandem/net/trace_file.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace tandem::scenarios {
namespace {

// Fewer say nothing.
constexpr std::size_t turns_least = 20;

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

std::size_t turns_of(const seen_by_node& seen) {
  std::size_t dials = 0;
  for (const auto& [peer, of] : seen.dialled) dials += of.times.size();
  return seen.arrivals.size() + dials;
}

seen_by_node busiest(const std::vector<recording>& runs) {
  std::map<peer_id, seen_by_node> nodes;
  for (const auto& run : runs) {
    trace_file_source heads({run.front()});
    watch_run(run, nodes[heading_of(heads).self]);
  }
  const auto many = [](const auto& node) { return turns_of(node.second); };
  return std::ranges::max_element(nodes, {}, many)->second;
}

/// Writes the scenario, and keeps what was fitted for it.
class scenario_writer {
 public:
  scenario_writer(const seen_by_node& seen, std::vector<learned_fit>& fits)
      : seen_(seen), fits_(fits), length_(duration_text(std::max(seen.length, 1.0))) {}

  std::string text(const std::string& name) {
    if (!seen_.arrivals.empty()) others_dial();
    dial(fate::answering, "answering", "");
    dial(fate::refusing, "refusing", "");
    dial(fate::silent, "silent", ", behaviour: {silent: true}");
    return "# Learned by `tandem learn` from a recording; no name and no address of it is in "
           "here.\n"
           "scenario: " +
           name + "\nduration: " + length_ + "\ngroups:\n  node: {listen: true" +
           changed_options(seen_.options) + "}\n" + groups_ +
           (links_.empty() ? "" : "links:\n  between:\n" + links_) + "workload:\n" + workload_;
  }

 private:
  // What others did was learned with what their managers made of it: these get in nobody's way.
  static constexpr const char* passive = ", manager: passive}\n";

  const std::string& fitted(learned_fit fit) {
    fits_.push_back(std::move(fit));
    return fits_.back().text;
  }

  void others_dial() {
    groups_ += "  peers: {count: " + std::to_string(std::max<std::size_t>(seen_.peers.size(), 1)) +
               ", addresses: " + addresses_of(seen_) + passive;
    const auto arrivals = fitted(fit_arrivals("arrivals", seen_.arrivals));
    turns("peers", "node", arrivals, hold("holding times", seen_.inbound));
    link("peers", "one-way latencies", seen_.inbound);
  }

  void dial(fate which, const std::string& group, const std::string& behaviour) {
    const auto times = seen_.dials_of(which);
    if (times.empty()) return;
    const auto count = std::ranges::count_if(
        seen_.dialled, [&](const auto& of) { return of.second.best == which; });
    const bool answers = which == fate::answering;
    groups_ += "  " + group + ": {count: " + std::to_string(count) + ", listen: true" + behaviour +
               (answers ? passive : "}\n");
    const auto arrivals = fitted(fit_arrivals("dials of " + group + " peers", times));
    auto more = answers ? hold("holding times of dials", seen_.outbound) : std::string();
    if (count > 1) more += ", pick: random";
    if (seen_.additional_dials > seen_.joining_dials) more += ", mode: additional";
    turns("node", group, arrivals, more);
    if (answers) return link(group, "one-way latencies of dials", seen_.outbound);
    workload_ += "  - kill: {nodes: " + group + ", at: 0s}\n";
  }

  std::string hold(const std::string& what, const seen_connections& of) {
    const auto& text = fitted(fit_durations(what, of.lives, of.cut_short));
    return text.empty() ? "" : ", hold: " + text;
  }

  void link(const std::string& group, const std::string& what, const seen_connections& of) {
    std::vector<double> one_way;
    for (const double trip : of.round_trips) one_way.push_back(trip / 2);
    if (const auto& text = fitted(fit_durations(what, one_way)); !text.empty())
      links_ += "    - {groups: [node, " + group + "], latency: " + text + "}\n";
  }

  void turns(const std::string& from, const std::string& to, const std::string& arrivals,
             const std::string& more) {
    workload_ += "  - dial: {from: " + from + ", to: " + to + ", until: " + length_ +
                 ", arrivals: " + arrivals + more + "}\n";
  }

  const seen_by_node& seen_;
  std::vector<learned_fit>& fits_;
  const std::string length_;
  std::string groups_;
  std::string links_;
  std::string workload_;
};

}  // namespace

learned_scenario learn(const std::vector<recording>& runs, const std::string& name) {
  const auto seen = busiest(runs);
  if (const auto turns = turns_of(seen); turns < turns_least)
    throw bad_input(runs.front().front().string(),
                    "has " + counted(turns, "arrival or dial", "arrivals and dials") + ", and " +
                        std::to_string(turns_least) + " are needed to learn from: record longer");
  learned_scenario out;
  out.node = to_string(seen.self);
  out.failures.assign(seen.failures.begin(), seen.failures.end());
  out.yaml = scenario_writer(seen, out.fits).text(name);
  if (!out.failures.empty()) out.yaml += "# Seen, to compare with:\n";
  for (const auto& [what, times] : out.failures)
    out.yaml += "#   " + what + ": " + std::to_string(times) + "\n";
  return out;
}

}  // namespace tandem::scenarios
