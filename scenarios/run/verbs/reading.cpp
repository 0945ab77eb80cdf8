// SPDX-License-Identifier: MIT
#include "run/verbs/reading.hpp"

#include "tandem/command/units.hpp"

#include <iterator>

namespace tandem::scenarios {

void read_ends(const yaml_mapping& given, const scenario& of, const ends_rules& rules, ends& out) {
  const bool from = given.require("from", [&](const auto& v) { out.from = read_nodes(v, of); });
  given.require("to", [&](const auto& v) {
    out.to = rules.neighbours ? read_nodes_or_neighbours(v, of) : read_nodes(v, of);
    if (out.to.neighbours()) return;
    const group& target = of.groups[out.to.group];
    const bool same = from && out.to.group == out.from.group;
    if (same && target.count == 1)
      v.fail("group " + quoted(target.name) + " has a single node, which cannot dial itself");
    if (same && out.to.count == 1 && out.to == out.from)
      v.fail("node " + quoted(out.to.text) + " cannot dial itself");
    if (rules.to_listens && !target.listen)
      v.fail("group " + quoted(target.name) + " does not listen; give it `listen: true`");
  });
}

void read_pick(const yaml_mapping& given, bool all_allowed, pick& out) {
  std::vector<std::string> words{"round_robin", "random"};
  if (all_allowed) words.emplace_back("all");
  given.read("pick",
             [&](const auto& v) { out = static_cast<pick>(v.as_one_of(words, "way to pick")); });
}

std::vector<std::string> with_schedule_keys(std::vector<std::string> own) {
  own.insert(own.end(), std::begin(schedule_keys), std::end(schedule_keys));
  return own;
}

}  // namespace tandem::scenarios
