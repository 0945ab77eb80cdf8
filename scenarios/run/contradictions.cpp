// SPDX-License-Identifier: MIT
#include "tandem/scenarios/contradictions.hpp"

#include "run/link_table.hpp"
#include "run/verbs/reading.hpp"
#include "tandem/command/contradictions.hpp"
#include "tandem/command/units.hpp"

#include <algorithm>
#include <optional>

namespace tandem::scenarios {
namespace {

/// The entries in which nodes have to do with others that the entry names.
std::vector<const work_between*> conversations_of(const scenario& what) {
  std::vector<const work_between*> found;
  for (const auto& entry : what.workload)
    if (const auto* of = dynamic_cast<const work_between*>(entry.get()))
      if (!of->who.to.neighbours()) found.push_back(of);
  return found;
}

/// The longest round trip of each group to one that it talks to, without queues and jitter, as seen
/// by the first node of the group that is not the other itself; nothing for who talks to nobody.
std::vector<std::optional<duration>> round_trips_of(const scenario& what) {
  const auto links = link_map_of(what, what.seed);
  std::vector<std::optional<duration>> longest(what.groups.size());
  for (const auto* talk : conversations_of(what)) {
    const auto first_of = [&](group_index group) {
      sim::host_index first = 0;
      for (group_index g = 0; g < group; ++g) first += what.groups[g].count;
      return first;
    };
    const auto from = first_of(talk->who.from.group);
    auto to = first_of(talk->who.to.group);
    if (from == to && what.groups[talk->who.to.group].count > 1) ++to;
    if (from == to) continue;
    const auto round_trip =
        links ? links(from, to).latency + links(to, from).latency : 2 * sim::link{}.latency;
    for (const auto group : {talk->who.from.group, talk->who.to.group})
      longest[group] = std::max(longest[group].value_or(duration{}), round_trip);
  }
  return longest;
}

std::string place_of(const scenario& what, const std::string& group, const std::string& field) {
  for (const auto& key : {"groups." + group + ".manager." + field, "groups." + group})
    if (const auto it = what.where.find(key); it != what.where.end()) return it->second;
  return what.file;
}

/// An application whose pauses are longer than what an idle connection is left.
void look_at_rhythm(const scenario& what, const work_between& talk, std::vector<std::string>& to) {
  if (!talk.is_use() || !talk.when.per_node || talk.when.how != schedule::kind::every) return;
  const auto targets = talk.pick == pick::all ? 1 : talk.who.to.count;
  const auto pause = talk.when.every * targets;
  for (const auto group : {talk.who.from.group, talk.who.to.group}) {
    const auto& of = what.groups[group];
    if (pause < of.manager.connection_timeout) continue;
    to.push_back(place_of(what, of.name, "connection_timeout") + ": group " + quoted(of.name) +
                 ": connection_timeout " + format_duration(of.manager.connection_timeout) +
                 " is not above the " + format_duration(pause) + " from one message of " +
                 quoted(talk.who.from.text) + " to the next to the same node of " +
                 quoted(talk.who.to.text) + ": the connection is closed as idle in between");
  }
}

}  // namespace

std::vector<std::string> contradictions_of(const scenario& what) {
  std::vector<std::string> lines;
  for (const auto* talk : conversations_of(what)) look_at_rhythm(what, *talk, lines);
  const auto round_trips = round_trips_of(what);
  for (std::size_t g = 0; g < what.groups.size(); ++g) {
    const auto& group = what.groups[g];
    surroundings around;
    around.round_trip = round_trips[g];
    around.syn_at = what.tcp.syn_at;
    for (const auto& found : tandem::contradictions_of(group.manager, around))
      lines.push_back(place_of(what, group.name, found.field) + ": group " + quoted(group.name) +
                      ": " + found.message);
  }
  return lines;
}

}  // namespace tandem::scenarios
