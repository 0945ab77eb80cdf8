// SPDX-License-Identifier: MIT
#include "read/read_scenario.hpp"
#include "run/fault/changed_links.hpp"
#include "run/fault/reading.hpp"

#include <optional>

namespace tandem::scenarios {
namespace {

/// Nothing passes between `from` and `to`.
struct partition final : fault {
  std::unique_ptr<ongoing_fault> start(fault_plan& in, std::size_t index) const override {
    auto where = to ? node_pairs(in, from, *to, one_way)
                    : node_pairs(in, from, node_pairs::others::outside, one_way);
    return std::make_unique<changed_links>(in, index, std::move(where),
                                           [](sim::link& link, auto, auto) { link.cut = true; });
  }

  fault_nodes from;
  std::optional<fault_nodes> to;  ///< none: all others
  bool one_way = false;           ///< what `to` sends to `from` passes
};

void read_groups(const yaml_mapping& given, const scenario& of, partition& out) {
  given.require("groups", [&](const auto& v) {
    if (v.as_list().empty()) v.fail("a partition needs at least one group");
    v.each([&](const auto& entry) {
      const auto group = entry.as_one_of(group_names(of), "group");
      node_selection all;
      all.group = group;
      all.count = of.groups[group].count;
      all.text = of.groups[group].name;
      out.from.text += (out.from.which.empty() ? "" : ", ") + all.text;
      out.from.which.push_back(std::move(all));
    });
  });
}

std::string text_of(const partition& what) {
  if (!what.to) return (what.one_way ? "one-way partition of " : "partition of ") + what.from.text;
  return (what.one_way ? "one-way partition from " + what.from.text + " to "
                       : "partition between " + what.from.text + " and ") +
         what.to->text;
}

}  // namespace

std::unique_ptr<fault> read_partition(const yaml_value& value, const scenario& of) {
  const yaml_mapping given(value, "partition",
                           with_fault_keys({"groups", "from", "to", "one_way"}));
  auto out = std::make_unique<partition>();
  if (const auto* from = given.find("from")) {
    if (given.find("groups") != nullptr)
      from->fail_key("a partition is of `groups` or `from` some nodes, not both");
    given.read("from", [&](const auto& v) { out->from = read_fault_nodes(v, of); });
  } else {
    read_groups(given, of, *out);
  }
  given.read("to", [&](const auto& v) {
    if (given.find("groups") != nullptr) v.fail_key("`to` goes with `from`, not with `groups`");
    out->to = read_fault_nodes(v, of);
  });
  given.read("one_way", [&](const auto& v) { out->one_way = v.as_bool(); });
  read_fault(given, of, text_of(*out), *out);
  return out;
}

}  // namespace tandem::scenarios
