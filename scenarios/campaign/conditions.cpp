// SPDX-License-Identifier: MIT
#include "read/arithmetic.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/units.hpp"
#include "tandem/scenarios/campaign/plan.hpp"

#include <algorithm>
#include <regex>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

/// `limit` stands for `parameters.limit` when no other axis ends like that.
std::size_t axis_named(std::string_view name, const std::vector<axis>& axes) {
  std::vector<std::string> known;
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto& path = axes[i].path;
    const auto last = path.substr(path.rfind('.') + 1);
    known.push_back(last);
    if (path == name) return i;
    if (last == name) found.push_back(i);
  }
  if (found.empty())
    throw std::invalid_argument("no axis is called " + quoted(name) + suggestion(name, known));
  if (found.size() > 1)
    throw std::invalid_argument(quoted(name) + " ends several axes; give the whole path");
  return found.front();
}

bool compared(double left, const std::string& how, double right) {
  if (how == "==") return left == right;
  if (how == "!=") return left != right;
  if (how == "<") return left < right;
  if (how == "<=") return left <= right;
  if (how == ">") return left > right;
  return left >= right;
}

bool holds(const std::string& condition, const quantity_of_name& named) {
  static const std::regex form("([^<>=!]+)(==|!=|<=|>=|<|>)([^<>=!]+)");
  std::smatch found;
  if (!std::regex_match(condition, found, form))
    throw std::invalid_argument("a condition compares two values, as in limit <= 2 * peers");
  const auto left = calculate(found[1].str(), named);
  const auto right = calculate(found[3].str(), named);
  const bool zero = (left.what == quantity::kind::plain && left.value == 0) ||
                    (right.what == quantity::kind::plain && right.value == 0);
  if (left.what != right.what && !zero)
    throw std::invalid_argument("both sides must measure the same thing");
  return compared(left.value, found[2], right.value);
}

}  // namespace

bool conditions_hold(const std::vector<given_text>& conditions, const std::vector<axis>& axes,
                     const std::vector<std::string>& values) {
  const auto named = [&](std::string_view name) {
    const auto& text = values[axis_named(name, axes)];
    if (const auto value = read_quantity(text)) return *value;
    throw std::invalid_argument(quoted(name) + " is " + quoted(text) +
                                " and cannot be calculated with");
  };
  return std::ranges::all_of(conditions, [&](const given_text& condition) {
    try {
      return holds(condition.text, named);
    } catch (const std::invalid_argument& e) {
      throw bad_input(condition.where, std::string(e.what()) + "; in " + quoted(condition.text));
    }
  });
}

}  // namespace tandem::scenarios
