// SPDX-License-Identifier: MIT
#include "run/fault/reading.hpp"

#include "read/read_distribution.hpp"
#include "read/read_nodes.hpp"
#include "read/read_scenario.hpp"
#include "run/verbs/reading.hpp"
#include "tandem/command/units.hpp"

#include <algorithm>
#include <utility>

namespace tandem::scenarios {
namespace {

constexpr duration above_zero{1};

void read_head(const yaml_mapping& given, const scenario& of, fault_head& out) {
  given.read("name", [&](const auto& v) {
    out.name = v.as_text();
    if (!is_name(out.name) || out.name == "heal")
      v.fail(quoted(out.name) +
             " cannot name a fault: use letters, digits, _ and -, and not `heal`");
    if (std::ranges::any_of(of.faults, [&](const auto& known) { return known->name == out.name; }))
      v.fail("two faults are called " + quoted(out.name));
  });
  given.read("allow_untested", [&](const auto& v) { out.allow_untested = read_reason(v); });
}

void read_timeline(const yaml_mapping& given, const scenario& of, timeline& out) {
  given.read("at", [&](const auto& v) { out.at = read_time(v, of); });
  given.read("when", [&](const auto& v) {
    if (given.find("at") != nullptr)
      v.fail_key("a fault begins `at` a time or `when` something holds, not both");
    out.on = read_condition(v, of);
  });
  given.read("until", [&](const auto& v) {
    out.until = v.as_duration(above_zero);
    if (out.until <= out.at) v.fail("`until` must be after `at`");
  });
  given.read("for", [&](const auto& v) { out.length = read_duration_distribution(v, above_zero); });
  given.read("every", [&](const auto& v) { out.every = v.as_duration(above_zero); });
  given.read("poisson", [&](const auto& v) {
    if (given.find("every") != nullptr)
      v.fail_key("a fault comes back by `every` or by `poisson`, not by both");
    out.per_second = v.as_rate();
  });
  const yaml_value* again = given.find("every");
  if (again == nullptr) again = given.find("poisson");
  const yaml_value* length = given.find("for");
  given.self().source().attempt([&] {
    if (again != nullptr && length == nullptr && !out.moment)
      again->fail_key("a fault that comes back needs `for`: how long it lasts each time");
    if (again == nullptr && length != nullptr && given.find("until") != nullptr)
      length->fail_key("`for` and `until` say the same of a fault that comes once; leave one out");
  });
}

std::string text_of(const timeline& when) {
  std::string text = (when.moment ? " at " : " from ") + format_duration(when.at);
  if (when.on) text = " when " + when.on->text;
  if (when.length) {
    const bool fixed = when.length->nanoseconds.how() == sim::distribution::kind::constant;
    text += fixed ? " for " + format_duration(when.length->quantile(1)) : " for drawn times";
  }
  if (when.every > duration{}) text += " every " + format_duration(when.every);
  if (when.per_second > 0) text += " at random";
  if (when.until != duration::max()) text += " until " + format_duration(when.until);
  return text;
}

}  // namespace

fault_nodes read_fault_nodes(const yaml_value& value, const scenario& of) {
  fault_nodes out;
  const auto add = [&](const yaml_value& v) {
    out.which.push_back(read_nodes(v, of));
    out.text += (out.text.empty() ? "" : ", ") + out.which.back().text;
  };
  if (!value.node().IsSequence()) {
    add(value);
    return out;
  }
  if (value.as_list().empty()) value.fail(quoted(value.path()) + " needs at least one entry");
  value.each(add);
  return out;
}

std::vector<std::string> with_moment_keys(std::vector<std::string> own) {
  own.insert(own.end(), {"at", "when", "until", "every", "poisson", "name", "allow_untested"});
  return own;
}

std::vector<std::string> with_fault_keys(std::vector<std::string> own) {
  own.emplace_back("for");
  return with_moment_keys(std::move(own));
}

void read_fault(const yaml_mapping& given, const scenario& of, const std::string& what,
                fault& out) {
  read_head(given, of, out);
  read_timeline(given, of, out.when);
  out.text = what + text_of(out.when);
}

}  // namespace tandem::scenarios
