// SPDX-License-Identifier: MIT
#include "read_scenario.hpp"
#include "run/fault/fault.hpp"
#include "tandem/command/units.hpp"

#include <utility>

namespace tandem::scenarios {
namespace {

expectation_names names_in(const scenario& of) {
  expectation_names names{group_names(of), {}, {}, of.length};
  for (const auto& group : of.groups) names.counts.push_back(group.count);
  for (const auto& fault : of.faults) names.faults.push_back(fault->name);
  return names;
}

// `erlang_b(600, load: 550) == 0.01` without quotes is a mapping to YAML.
std::optional<std::string> line_with_a_named_argument(const yaml_value& entry) {
  const auto& node = entry.node();
  if (!node.IsMap() || node.size() != 1 || !node.begin()->second.IsScalar()) return {};
  const auto key = node.begin()->first.Scalar();
  if (key.find('(') == std::string::npos) return {};
  return key + ": " + node.begin()->second.Scalar();
}

expectation read_line(const yaml_value& at, const std::string& text,
                      const expectation_names& names) {
  try {
    return parse_expectation(text, names);
  } catch (const expectation_error& e) {
    at.fail_at(e.column(), std::string(e.what()) + "; in " + quoted(text));
  }
}

expectation read_entry(const yaml_value& entry, const expectation_names& names) {
  if (const auto line = line_with_a_named_argument(entry)) return read_line(entry, *line, names);
  if (!entry.is_mapping()) return read_line(entry, entry.as_text(), names);
  const yaml_mapping given(entry, "expectations", {"expect", "allow_untested"});
  expectation out;
  given.require("expect", [&](const auto& v) {
    const auto line = line_with_a_named_argument(v);
    out = read_line(v, line ? *line : v.as_text(), names);
  });
  given.require("allow_untested", [&](const auto& v) {
    out.allow_untested = v.as_text();
    if (out.allow_untested.empty()) v.fail("`allow_untested` must say why");
  });
  return out;
}

}  // namespace

expectation read_condition(const yaml_value& value, const scenario& of) {
  auto names = names_in(of);
  names.faults.clear();  // what happens when they begin is said by their own times
  const auto text = value.as_text();
  auto out = read_line(value, text, names);
  const auto fail = [&](const std::string& why) {
    value.fail("`when` " + why + "; in " + quoted(text));
  };
  if (out.what != expectation::kind::compare || out.how != expectation::quantifier::none)
    fail("is a comparison, as in server.active >= 200");
  for (const auto& use : out.numbers) {
    using enum statistic;
    const auto what = use.statistic;
    if (use.when.given()) fail("looks at each moment: leave the window out");
    if (what == mean || what == quantile || what == rate)
      fail("looks at each moment, and " + quoted(use.text) + " is known at the end only");
    if (measures()[use.measure].lags)
      fail("looks at each moment, and " + quoted(use.text) + " is heard of late");
  }
  return out;
}

void read_expectations(const yaml_value& list, scenario& out) {
  const auto names = names_in(out);
  list.each([&](const yaml_value& entry) { out.expectations.push_back(read_entry(entry, names)); });
}

}  // namespace tandem::scenarios
