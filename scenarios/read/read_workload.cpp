// SPDX-License-Identifier: MIT
#include "read_duration_distribution.hpp"
#include "read_scenario.hpp"
#include "tandem/command/units.hpp"
#include "tandem/net/send_result.hpp"

#include <algorithm>

namespace tandem::scenarios {
namespace {

constexpr duration above_zero{1};
constexpr std::uint64_t count_max = 1'000'000'000;
// Dials of one instant, all in memory at once.
constexpr std::uint64_t dials_at_once_max = 10'000'000;
constexpr std::size_t faults_max = 30;  // a node's side of all partitions fits an int
constexpr std::uint64_t bytes_max = message_size_default - 8;  // less its prefix

group_index read_group(const yaml_value& value, const scenario& of) {
  return value.as_one_of(group_names(of), "group");
}

// A time within the scenario, counted from its start.
duration read_time(const yaml_value& value, const scenario& of) {
  const auto at = value.as_duration();
  if (at > of.length)
    value.fail("`" + value.path() + "` lies beyond the scenario's duration of " +
               format_duration(of.length));
  return at;
}

duration read_at(const yaml_mapping& given, const scenario& of) {
  const auto* at = given.find("at");
  return at ? read_time(*at, of) : duration{};
}

// `from` and `to`: who talks to whom.
template <class Work>
void read_ends(const yaml_mapping& given, const scenario& of, Work& out) {
  out.from = read_group(given.need("from"), of);
  const auto& to = given.need("to");
  out.to = read_group(to, of);
  if (out.from == out.to && of.groups[out.to].count == 1)
    to.fail("group `" + of.groups[out.to].name + "` has a single node, which cannot dial itself");
  if (!of.groups[out.to].listen)
    to.fail("group `" + of.groups[out.to].name + "` does not listen; give it `listen: true`");
}

pick read_pick(const yaml_mapping& given) {
  const auto* value = given.find("pick");
  return value && value->as_one_of({"round_robin", "random"}, "way to pick") == 1
             ? pick::random
             : pick::round_robin;
}

arrivals read_arrivals(const yaml_value& value) {
  const yaml_mapping given(value, "arrivals", {"every", "poisson"});
  const auto& [key, entry] = given.only();
  arrivals out;
  if (key == "every") {
    out.how = arrivals::kind::every;
    out.every = entry.as_duration(above_zero);
  } else {
    out.how = arrivals::kind::poisson;
    out.per_second = entry.as_rate();
  }
  return out;
}

// `{fixed: 10s}` is another way to write the constant `10s`.
duration_distribution read_hold(const yaml_value& value) {
  if (!value.is_mapping()) return read_duration_distribution(value, above_zero);
  const auto entries = value.entries();
  if (entries.size() == 1 && entries.front().first == "fixed")
    return duration_distribution::constant(entries.front().second.as_duration(above_zero));
  return read_duration_distribution(value, above_zero);
}

dial_work read_dial(const yaml_value& value, const scenario& of) {
  const yaml_mapping given(
      value, "dial",
      {"from", "to", "at", "arrivals", "count", "until", "mode", "hold", "deadline", "pick"});
  dial_work out;
  read_ends(given, of, out);
  out.at = read_at(given, of);
  if (const auto* v = given.find("arrivals")) out.arrive = read_arrivals(*v);
  if (const auto* v = given.find("count")) out.count = v->as_count(1, count_max);
  if (const auto* v = given.find("until")) {
    if (out.arrive.how == arrivals::kind::at_once)
      v->fail("`until` needs `arrivals`: without them every dial comes at once");
    out.until = read_time(*v, of);
    if (!given.find("count")) out.count = 0;
  }
  if (out.arrive.how == arrivals::kind::at_once &&
      out.count * of.groups[out.from].count > dials_at_once_max)
    given.need("count").fail("more than " + std::to_string(dials_at_once_max) +
                             " dials at once; spread them with `arrivals`");
  if (const auto* v = given.find("mode"))
    out.mode = v->as_one_of({"join", "additional"}, "dial mode") == 0 ? dial_mode::join
                                                                      : dial_mode::additional;
  if (const auto* v = given.find("hold")) out.hold = read_hold(*v);
  if (const auto* v = given.find("deadline")) out.deadline = v->as_duration(above_zero);
  out.pick = read_pick(given);
  return out;
}

send_work read_send(const yaml_value& value, const scenario& of) {
  const yaml_mapping given(value, "send", {"from", "to", "at", "every", "count", "bytes"});
  send_work out;
  read_ends(given, of, out);
  out.at = read_at(given, of);
  out.bytes = given.need("bytes").as_bytes(bytes_max);
  if (const auto* v = given.find("every")) out.every = v->as_duration(above_zero);
  if (const auto* v = given.find("count")) {
    out.count = v->as_count(1, count_max);
    if (out.count > 1 && out.every == duration{})
      v->fail("`count` needs `every`: the time between two messages");
  } else if (out.every > duration{}) {
    out.count = count_max;
  }
  return out;
}

keep_connected_work read_keep(const yaml_value& value, const scenario& of) {
  const yaml_mapping given(value, "keep_connected", {"from", "to", "at", "pause", "pick"});
  keep_connected_work out;
  read_ends(given, of, out);
  out.at = read_at(given, of);
  out.pause = duration_distribution::constant(std::chrono::seconds(1));
  if (const auto* v = given.find("pause")) out.pause = read_duration_distribution(*v, above_zero);
  out.pick = read_pick(given);
  return out;
}

group_work read_group_work(group_work::kind what, const yaml_value& value, const scenario& of) {
  const yaml_mapping given(value, "this work", {"group", "at"});
  return {what, read_group(given.need("group"), of), read_time(given.need("at"), of)};
}

}  // namespace

void read_workload(const yaml_value& list, scenario& out) {
  for (const auto& entry : list.as_list()) {
    const yaml_mapping one(entry, "workload",
                           {"dial", "send", "keep_connected", "shutdown", "kill", "restart"});
    const auto& [kind, value] = one.only();
    if (kind == "dial") out.workload.emplace_back(read_dial(value, out));
    if (kind == "send") out.workload.emplace_back(read_send(value, out));
    if (kind == "keep_connected") out.workload.emplace_back(read_keep(value, out));
    using what = group_work::kind;
    if (kind == "shutdown") out.workload.emplace_back(read_group_work(what::shutdown, value, out));
    if (kind == "kill") out.workload.emplace_back(read_group_work(what::kill, value, out));
    if (kind == "restart") out.workload.emplace_back(read_group_work(what::restart, value, out));
  }
}

void read_faults(const yaml_value& list, scenario& out) {
  for (const auto& entry : list.as_list()) {
    if (out.faults.size() == faults_max)
      entry.fail("a scenario has at most " + std::to_string(faults_max) + " faults");
    const yaml_mapping one(entry, "faults", {"partition"});
    const yaml_mapping given(one.only().second, "partition", {"groups", "at", "until"});
    partition_fault made;
    for (const auto& name : given.need("groups").as_list())
      made.groups.push_back(read_group(name, out));
    if (made.groups.empty()) given.need("groups").fail("a partition needs at least one group");
    made.at = read_at(given, out);
    if (const auto* v = given.find("until")) {
      made.until = v->as_duration(above_zero);
      if (made.until <= made.at) v->fail("`until` must be after `at`");
    }
    out.faults.push_back(std::move(made));
  }
}

}  // namespace tandem::scenarios
