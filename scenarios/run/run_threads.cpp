// SPDX-License-Identifier: MIT
#include "run_threads.hpp"

#include "link_table.hpp"
#include "run/verbs/verb.hpp"
#include "tandem/sim/message_network.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace tandem::scenarios {
namespace {

// `file:line:column: `, where that key of the file stands.
std::string where(const scenario& what, const std::string& path) {
  const auto it = what.where.find(path);
  return it == what.where.end() ? std::string() : it->second + ": ";
}

// What threads would have to wait for one another for; empty: nothing.
std::string why_one_thread(const scenario& what, const level& on, const link_bounds& links) {
  if (on.name != "message") return "level " + on.name + " has one thread";
  if (!what.faults.empty()) return where(what, "faults") + "`faults` change links and nodes";
  if (what.routers) return "packets wait at routers";
  if (!links.waits.empty()) return "the link " + links.waits + " loses packets or has a bandwidth";
  if (links.least == duration{}) return "the link " + links.nearest + " may have no latency";
  if (has_named_nodes(what)) return "nodes have addresses of their own";
  for (const auto& entry : what.workload)
    if (auto why = entry->why_one_thread(); !why.empty())
      return where(what, entry->path) + "`" + entry->path + "`: " + why;
  return {};
}

}  // namespace

bool has_named_nodes(const scenario& what) {
  return what.nodes_move ||
         std::ranges::any_of(what.groups, [](const auto& g) { return g.addresses != nullptr; });
}

run_threads threads_of(const scenario& what, const level& on, unsigned asked) {
  if (asked == 0 || asked > sim::threads_most)
    throw std::invalid_argument("a run has 1 to " + std::to_string(sim::threads_most) + " threads");
  if (asked == 1) return {};
  const auto links = bounds_of(what);
  auto why = why_one_thread(what, on, links);
  if (!why.empty()) return {1, {}, std::move(why)};
  return {asked, links.least, {}};
}

}  // namespace tandem::scenarios
