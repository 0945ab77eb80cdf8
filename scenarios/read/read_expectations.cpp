// SPDX-License-Identifier: MIT
#include "expectation_reader.hpp"
#include "read_scenario.hpp"
#include "run/fault/fault.hpp"
#include "tandem/command/units.hpp"
#include "tandem/scenarios/read.hpp"

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
  given.require("allow_untested", [&](const auto& v) { out.allow_untested = read_reason(v); });
  return out;
}

bool lasts_to_the_end(const fault& what, duration length) {
  const auto& when = what.when;
  if (when.moment || when.again()) return false;
  return (when.length ? later(time_point(when.at), when.length->quantile(0))
                      : time_point(when.until)) > time_point(length);
}

// Why a moment never comes, as far as the file shows it.
std::string why_never(const moment& at, const scenario& of) {
  const bool heals = at.from == moment::base::heal;
  if (heals && of.faults.empty()) return "the file has no faults";
  for (std::size_t i = 0; i < of.faults.size(); ++i)
    if ((heals || (at.from == moment::base::fault_end && at.fault == i)) &&
        lasts_to_the_end(*of.faults[i], of.length))
      return "the fault " + quoted(of.faults[i]->text) + " lasts to the end of the run";
  return {};
}

// Such a line can only be untested, after the whole run.
void warn_of_moments(const yaml_value& entry, const expectation& line, scenario& out) {
  if (!line.allow_untested.empty()) return;
  std::vector<moment> moments;
  if (line.what != expectation::kind::compare) moments.push_back(line.of);
  for (const auto& use : line.numbers)
    for (const auto& at : {use.when.from, use.when.until})
      if (at) moments.push_back(*at);
  for (const auto& at : moments)
    if (const auto why = why_never(at, out); !why.empty()) {
      out.warnings.push_back(
          entry.where() + ": " + quoted(line.text) + " is never put to the test: " +
          quoted(at.text.empty() ? "heal" : at.text) + " never comes, since " + why);
      return;
    }
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

namespace {

std::vector<expectation> read_each(const std::vector<std::string>& lines, const scenario& of,
                                   const auto& parse) {
  const auto names = names_in(of);
  std::vector<expectation> out;
  for (const auto& line : lines) {
    try {
      out.push_back(parse(line, names));
    } catch (const expectation_error& e) {
      throw bad_input(quoted(line) + ", column " + std::to_string(e.column() + 1), e.what());
    }
  }
  return out;
}

}  // namespace

std::vector<expectation> read_lines(const std::vector<std::string>& lines, const scenario& of) {
  return read_each(lines, of, parse_expectation);
}

std::vector<expectation> read_measures(const std::vector<std::string>& lines, const scenario& of) {
  return read_each(lines, of, [](const std::string& line, const expectation_names& names) {
    return expectation_reader(line, names).read_measure();
  });
}

void read_expectations(const yaml_value& list, scenario& out) {
  const auto names = names_in(out);
  list.each([&](const yaml_value& entry) {
    out.expectations.push_back(read_entry(entry, names));
    warn_of_moments(entry, out.expectations.back(), out);
  });
}

}  // namespace tandem::scenarios
