// SPDX-License-Identifier: MIT
#include "read_distribution.hpp"
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

void read_at(const yaml_mapping& given, const scenario& of, duration& out) {
  given.read("at", [&](const auto& v) { out = read_time(v, of); });
}

// `from` and `to`: who talks to whom.
template <class Work>
void read_ends(const yaml_mapping& given, const scenario& of, Work& out) {
  const bool from = given.require("from", [&](const auto& v) { out.from = read_group(v, of); });
  given.require("to", [&](const auto& v) {
    out.to = read_group(v, of);
    const group& target = of.groups[out.to];
    if (from && out.from == out.to && target.count == 1)
      v.fail("group " + quoted(target.name) + " has a single node, which cannot dial itself");
    if (!target.listen)
      v.fail("group " + quoted(target.name) + " does not listen; give it `listen: true`");
  });
}

void read_pick(const yaml_mapping& given, pick& out) {
  given.read("pick", [&](const auto& v) {
    out = v.as_one_of({"round_robin", "random"}, "way to pick") == 1 ? pick::random
                                                                     : pick::round_robin;
  });
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
  read_at(given, of, out.at);
  const bool spread = given.find("arrivals") != nullptr;
  given.read("arrivals", [&](const auto& v) { out.arrive = read_arrivals(v); });
  given.read("count", [&](const auto& v) {
    out.count = v.as_count(1, count_max);
    if (!spread && out.count * of.groups[out.from].count > dials_at_once_max)
      v.fail("more than " + std::to_string(dials_at_once_max) +
             " dials at once; spread them with `arrivals`");
  });
  given.read("until", [&](const auto& v) {
    if (!spread) v.fail("`until` needs `arrivals`: without them every dial comes at once");
    out.until = read_time(v, of);
    if (given.find("count") == nullptr) out.count = 0;
  });
  given.read("mode", [&](const auto& v) {
    out.mode = v.as_one_of({"join", "additional"}, "dial mode") == 0 ? dial_mode::join
                                                                     : dial_mode::additional;
  });
  given.read("hold", [&](const auto& v) { out.hold = read_hold(v); });
  given.read("deadline", [&](const auto& v) { out.deadline = v.as_duration(above_zero); });
  read_pick(given, out.pick);
  return out;
}

send_work read_send(const yaml_value& value, const scenario& of) {
  const yaml_mapping given(value, "send", {"from", "to", "at", "every", "count", "bytes"});
  send_work out;
  read_ends(given, of, out);
  read_at(given, of, out.at);
  given.require("bytes", [&](const auto& v) { out.bytes = v.as_bytes(bytes_max); });
  const bool repeated = given.find("every") != nullptr;
  given.read("every", [&](const auto& v) { out.every = v.as_duration(above_zero); });
  if (repeated) out.count = count_max;
  given.read("count", [&](const auto& v) {
    out.count = v.as_count(1, count_max);
    if (out.count > 1 && !repeated) v.fail("`count` needs `every`: the time between two messages");
  });
  return out;
}

keep_connected_work read_keep(const yaml_value& value, const scenario& of) {
  const yaml_mapping given(value, "keep_connected", {"from", "to", "at", "pause", "pick"});
  keep_connected_work out;
  read_ends(given, of, out);
  read_at(given, of, out.at);
  given.read("pause",
             [&](const auto& v) { out.pause = read_duration_distribution(v, above_zero); });
  read_pick(given, out.pick);
  return out;
}

group_work read_group_work(group_work::kind what, const yaml_value& value, const scenario& of) {
  const yaml_mapping given(value, "this work", {"group", "at"});
  group_work out{what, 0, {}};
  given.require("group", [&](const auto& v) { out.group = read_group(v, of); });
  given.require("at", [&](const auto& v) { out.at = read_time(v, of); });
  return out;
}

partition_fault read_partition(const yaml_value& value, const scenario& of) {
  const yaml_mapping given(value, "partition", {"groups", "at", "until", "name", "allow_untested"});
  partition_fault out;
  read_fault_head(given, of, out);
  given.require("groups", [&](const auto& v) {
    if (v.as_list().empty()) v.fail("a partition needs at least one group");
    v.each([&](const auto& name) { out.groups.push_back(read_group(name, of)); });
  });
  read_at(given, of, out.at);
  given.read("until", [&](const auto& v) {
    out.until = v.as_duration(above_zero);
    if (out.until <= out.at) v.fail("`until` must be after `at`");
  });
  out.text = "partition of ";
  for (const auto group : out.groups)
    out.text += (group == out.groups.front() ? "" : ", ") + of.groups[group].name;
  out.text += " from " + format_duration(out.at);
  if (out.until != duration::max()) out.text += " until " + format_duration(out.until);
  return out;
}

}  // namespace

void read_fault_head(const yaml_mapping& given, const scenario& of, fault_head& out) {
  given.read("name", [&](const auto& v) {
    out.name = v.as_text();
    if (!is_name(out.name) || out.name == "heal")
      v.fail(quoted(out.name) +
             " cannot name a fault: use letters, digits, _ and -, and not `heal`");
    if (std::ranges::find(of.faults, out.name, &fault_head::name) != of.faults.end())
      v.fail("two faults are called " + quoted(out.name));
  });
  given.read("allow_untested", [&](const auto& v) {
    out.allow_untested = v.as_text();
    if (out.allow_untested.empty()) v.fail("`allow_untested` must say why");
  });
}

void read_workload(const yaml_value& list, scenario& out) {
  using what = group_work::kind;
  list.each([&](const yaml_value& entry) {
    const yaml_mapping one(entry, "workload",
                           {"dial", "send", "keep_connected", "shutdown", "kill", "restart"});
    const auto& [kind, value] = one.only();
    if (kind == "dial") out.workload.emplace_back(read_dial(value, out));
    if (kind == "send") out.workload.emplace_back(read_send(value, out));
    if (kind == "keep_connected") out.workload.emplace_back(read_keep(value, out));
    if (kind == "shutdown") out.workload.emplace_back(read_group_work(what::shutdown, value, out));
    if (kind == "kill") out.workload.emplace_back(read_group_work(what::kill, value, out));
    if (kind == "restart") out.workload.emplace_back(read_group_work(what::restart, value, out));
  });
}

void read_faults(const yaml_value& list, scenario& out) {
  if (list.as_list().size() > faults_max)
    list.as_list()[faults_max].fail("a scenario has at most " + std::to_string(faults_max) +
                                    " faults");
  list.each([&](const yaml_value& entry) {
    const yaml_mapping one(entry, "faults", {"partition"});
    out.faults.push_back(read_partition(one.only().second, out));
  });
}

}  // namespace tandem::scenarios
