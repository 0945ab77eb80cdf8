// SPDX-License-Identifier: MIT
#include "read_scenario.hpp"
#include "run/work/reading.hpp"
#include "run/work/work.hpp"

namespace tandem::scenarios {
namespace {

constexpr duration above_zero{1};
constexpr std::size_t faults_max = 30;  // a node's side of all partitions fits an int

group_index read_group(const yaml_value& value, const scenario& of) {
  return value.as_one_of(group_names(of), "group");
}

partition_fault read_partition(const yaml_value& value, const scenario& of) {
  const yaml_mapping given(value, "partition", {"groups", "at", "until", "name", "allow_untested"});
  partition_fault out;
  read_fault_head(given, of, out);
  given.require("groups", [&](const auto& v) {
    if (v.as_list().empty()) v.fail("a partition needs at least one group");
    v.each([&](const auto& name) { out.groups.push_back(read_group(name, of)); });
  });
  given.read("at", [&](const auto& v) { out.at = read_time(v, of); });
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
  std::vector<std::string> words;
  for (const auto& verb : verbs()) words.emplace_back(verb.word);
  list.each([&](const yaml_value& entry) {
    const yaml_mapping one(entry, "workload", words);
    const auto& [word, value] = one.only();
    for (const auto& verb : verbs())
      if (verb.word == word) out.workload.push_back(verb.read(value, out));
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
