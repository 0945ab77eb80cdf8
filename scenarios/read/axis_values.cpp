// SPDX-License-Identifier: MIT
#include "arithmetic.hpp"
#include "tandem/command/units.hpp"
#include "tandem/scenarios/sweep_spec.hpp"

#include <algorithm>
#include <cmath>
#include <regex>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

constexpr std::uint64_t values_max = 10'000;
constexpr double whole_max = 9007199254740992.0;  // every integer below is exact
// Runs of one setting until its interval is narrow.
constexpr std::uint64_t until_least = 5;
constexpr std::uint64_t until_most = 1000;

[[noreturn]] void fail(const std::string& message) { throw std::invalid_argument(message); }

bool is_whole(double value) { return std::abs(value) < whole_max && value == std::floor(value); }

// To a hundredth of what lies between it and its neighbour: `27.8ms`, not `27.831577ms`.
double rounded(double value, double gap, double least) {
  const double digit = std::pow(10, std::floor(std::log10(gap)) - 2);
  const double step = std::max(digit, least);
  // 1/step is exact where step is not: 0.01.
  return step >= 1 ? std::round(value / step) * step
                   : std::round(value * std::round(1 / step)) / std::round(1 / step);
}

std::vector<std::string> spread(const quantity& from, const quantity& to, bool factor,
                                std::uint64_t count) {
  const bool counted = is_whole(from.value) && is_whole(to.value) &&
                       to.value - from.value >= static_cast<double>(count - 1);
  const auto at = [&](std::uint64_t i) {
    const double part = static_cast<double>(i) / static_cast<double>(count - 1);
    return factor ? from.value * std::pow(to.value / from.value, part)
                  : from.value + part * (to.value - from.value);
  };
  std::vector<std::string> out;
  const auto add = [&](double value) {
    // Whole numbers that lie close together are fewer.
    if (const auto text = short_text_of({from.what, value}); out.empty() || out.back() != text)
      out.push_back(text);
  };
  add(from.value);
  for (std::uint64_t i = 1; i + 1 < count; ++i)
    add(rounded(at(i), std::min(at(i + 1) - at(i), at(i) - at(i - 1)), counted ? 1 : 0));
  add(to.value);
  return out;
}

std::vector<std::string> range_values(const std::string& text, const std::string& from_text,
                                      const std::string& to_text, bool factor,
                                      const std::string& count_text) {
  const auto from = read_quantity(from_text);
  const auto to = read_quantity(to_text);
  if (!from || !to)
    fail("a range is written FROM..TO/COUNT, FROM..TO/log/COUNT, as in 10ms..600ms/log/5, not " +
         quoted(text));
  if (from->what != to->what) fail("the ends of " + quoted(text) + " must measure the same thing");
  if (!(from->value < to->value)) fail("the ends of " + quoted(text) + " must rise");
  if (factor && from->value <= 0)
    fail(quoted(text) + " begins at 0, which no factor leads away from; leave `log` out");
  const auto count = parse_count(count_text);
  if (!count || *count < 2 || *count > values_max)
    fail("a range has 2 to " + std::to_string(values_max) + " values, not " + quoted(count_text));
  return spread(*from, *to, factor, *count);
}

/// The parts between commas that stand in no brackets and no quotes.
std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts(1);
  int depth = 0;
  char quote = 0;
  for (const char c : text) {
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '[' || c == '{' || c == '(') {
      ++depth;
    } else if (c == ']' || c == '}' || c == ')') {
      --depth;
    } else if (c == ',' && depth == 0) {
      parts.emplace_back();
      continue;
    }
    parts.back() += c;
  }
  return parts;
}

std::string trimmed(const std::string& text) {
  const auto from = text.find_first_not_of(' ');
  if (from == std::string::npos) return {};
  return text.substr(from, text.find_last_not_of(' ') - from + 1);
}

}  // namespace

std::vector<std::string> read_axis_values(std::string_view text) {
  static const std::regex range(R"((.+?)\.\.(.+?)(?:/(lin|log))?/(\d+))");
  std::vector<std::string> values;
  const auto add = [&](const std::string& value) {
    if (std::ranges::find(values, value) != values.end())
      fail("the value " + quoted(value) + " is given twice");
    values.push_back(value);
  };
  for (const auto& part : parts_of(text)) {
    const auto value = trimmed(part);
    if (value.empty()) fail("a value is missing in " + quoted(text));
    std::smatch found;
    const bool begins = read_quantity(value.substr(0, value.find(".."))).has_value();
    if (value.find("..") == std::string::npos || !begins)
      add(value);
    else if (std::regex_match(value, found, range))
      for (const auto& each : range_values(value, found[1], found[2], found[3] == "log", found[4]))
        add(each);
    else
      range_values(value, "", "", false, "");
  }
  if (values.size() > values_max)
    fail("has " + std::to_string(values.size()) + " values; at most " + std::to_string(values_max));
  return values;
}

seed_count read_seed_count(std::string_view text) {
  if (const auto count = parse_count(text)) {
    if (*count == 0 || *count > 1'000'000) fail("must be 1 to 1000000 seeds, not " + quoted(text));
    return {*count, *count};
  }
  static const std::regex until(R"(\s*until\s+(\S+)\s+of\s+(.+?)\s*)");
  std::cmatch found;
  if (!std::regex_match(text.begin(), text.end(), found, until))
    fail(
        "write how many seeds, or until WIDTH of NUMBER, as in `until 5% of server.refused`, not " +
        quoted(text));
  const std::string width = found[1];
  const auto value = read_quantity(width);
  if (!value || value->value <= 0 ||
      (value->what != quantity::kind::plain && value->what != quantity::kind::duration))
    fail("the width " + quoted(width) + " must be a number, a time or a percentage above 0");
  const bool time = value->what == quantity::kind::duration;
  return {until_least, until_most, time ? value->value / 1e9 : value->value, width.back() == '%',
          found[2]};
}

sweep_spec put_over(const sweep_spec& file, const sweep_spec& flags) {
  sweep_spec out = file;
  for (const auto& given : flags.axes) {
    const auto it = std::ranges::find(out.axes, given.path, &axis::path);
    if (it == out.axes.end())
      out.axes.push_back(given);
    else
      *it = given;
  }
  if (!flags.zips.empty()) out.zips = flags.zips;
  out.conditions.insert(out.conditions.end(), flags.conditions.begin(), flags.conditions.end());
  if (flags.seeds) out.seeds = flags.seeds;
  if (!flags.levels.empty()) out.levels = flags.levels;
  return out;
}

}  // namespace tandem::scenarios
