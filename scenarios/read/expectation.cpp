// SPDX-License-Identifier: MIT
#include "tandem/scenarios/expectation.hpp"

#include "tandem/command/units.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <utility>

namespace tandem::scenarios {
namespace {

[[noreturn]] void fail(const std::string& message) { throw std::invalid_argument(message); }

// Splits at blanks and around operators, brackets and commas.
std::vector<std::string> words_of(std::string_view text) {
  static constexpr std::string_view operators = "=<>!";
  static constexpr std::string_view alone = "[],";
  std::vector<std::string> words;
  enum { blank, word, op } last = blank;
  for (const char c : text) {
    if (c == ' ' || c == '\t') {
      last = blank;
    } else if (alone.find(c) != std::string_view::npos) {
      words.emplace_back(1, c);
      last = blank;
    } else {
      const auto kind = operators.find(c) != std::string_view::npos ? op : word;
      if (kind != last) words.emplace_back();
      words.back() += c;
      last = kind;
    }
  }
  return words;
}

constexpr std::array<std::pair<std::string_view, statistic>, 5> statistics{
    {{"last", statistic::last},
     {"min", statistic::min},
     {"max", statistic::max},
     {"mean", statistic::mean},
     {"count", statistic::count}}};

constexpr std::array<std::pair<std::string_view, comparison>, 7> comparisons{
    {{"==", comparison::equal},
     {"!=", comparison::not_equal},
     {"<", comparison::less},
     {"<=", comparison::at_most},
     {">", comparison::greater},
     {">=", comparison::at_least},
     {"in", comparison::within}}};

std::vector<std::string> names_of_measures() {
  std::vector<std::string> names;
  for (const auto& m : measures()) names.push_back(m.name);
  return names;
}

std::optional<statistic> statistic_named(std::string_view name) {
  const auto it = std::ranges::find(statistics, name, &decltype(statistics)::value_type::first);
  if (it == statistics.end()) return {};
  return it->second;
}

void read_measure(std::string_view text, expectation& out) {
  if (const auto whole = measure_named(text)) {
    out.measure = *whole;
    out.statistic = measures()[*whole].distribution ? statistic::every : statistic::last;
    return;
  }
  const auto dot = text.rfind('.');
  const auto stem = text.substr(0, dot);
  const auto known = dot == std::string_view::npos ? std::nullopt : measure_named(stem);
  if (!known) {
    const auto shown =
        dot != std::string_view::npos && statistic_named(text.substr(dot + 1)) ? stem : text;
    fail("no metric is called " + quoted(shown) + suggestion(shown, names_of_measures()));
  }
  const auto stat = text.substr(dot + 1);
  const auto found = statistic_named(stat);
  if (!found)
    fail("no statistic is called " + quoted(stat) +
         suggestion(stat, {"last", "min", "max", "mean", "count"}));
  out.measure = *known;
  out.statistic = *found;
  if (*found == statistic::count && !measures()[*known].distribution)
    fail("`count` is for distributions; " + quoted(stem) + " is a number: leave it out");
}

double read_value(const std::string& text, unit in) {
  if (in == unit::seconds) {
    const auto value = parse_duration(text);
    if (!value)
      fail(quoted(text) + " is no duration; write a number and a unit, as in 30s or 600ms");
    return std::chrono::duration<double>(*value).count();
  }
  if (const auto value = parse_ratio(text)) return *value;
  if (const auto value = parse_bytes(text)) return static_cast<double>(*value);
  fail(quoted(text) + " is no number");
}

// Reads `OP VALUE` or `in [LOW, HIGH]`.
void read_comparison(std::span<const std::string> words, expectation& out) {
  if (words.empty())
    fail("a comparison is missing: write, for example, `== 256` or `in [30s, 31s]`");
  const auto op = std::ranges::find(comparisons, std::string_view(words[0]),
                                    &decltype(comparisons)::value_type::first);
  if (op == comparisons.end())
    fail(quoted(words[0]) + " is no comparison; known: == != < <= > >= in");
  out.comparison = op->second;
  const auto in = out.statistic == statistic::count ? unit::plain : measures()[out.measure].unit;
  if (out.comparison == comparison::within) {
    if (words.size() != 6 || words[1] != "[" || words[3] != "," || words[5] != "]")
      fail("`in` takes a range, as in `in [30s, 31s]`");
    out.low = read_value(words[2], in);
    out.high = read_value(words[4], in);
    if (out.low > out.high) fail("the range [" + words[2] + ", " + words[4] + "] is empty");
    return;
  }
  if (words.size() != 2) fail("one value must follow " + quoted(words[0]));
  if (out.comparison == comparison::not_equal && out.statistic == statistic::every)
    fail("`!=` of every value cannot be told from the extremes kept; name a statistic such as " +
         quoted(measures()[out.measure].name + ".min"));
  out.low = out.high = read_value(words[1], in);
}

}  // namespace

expectation parse_expectation(std::string_view text, std::span<const std::string> groups) {
  expectation out;
  out.text = text;
  const auto words = words_of(text);
  std::span<const std::string> rest(words);
  if (rest.empty()) fail("an expectation is empty; write GROUP.METRIC OP VALUE");
  const std::string_view subject = rest[0];
  const auto dot = subject.find('.');
  if (dot == std::string_view::npos)
    fail(quoted(subject) + " names no metric; write GROUP.METRIC OP VALUE");
  const auto name = subject.substr(0, dot);
  const auto it = std::ranges::find(groups, name);
  if (it == groups.end())
    fail("no group is called " + quoted(name) + suggestion(name, {groups.begin(), groups.end()}));
  out.group = static_cast<std::size_t>(it - groups.begin());
  read_measure(subject.substr(dot + 1), out);
  rest = rest.subspan(1);
  if (!rest.empty() && rest[0] == "at") {
    out.at = rest.size() > 1 ? parse_duration(rest[1]) : std::nullopt;
    if (!out.at || *out.at < duration{}) fail("a time must follow `at`, as in `at 10s`");
    if (measures()[out.measure].distribution || out.statistic != statistic::last)
      fail("`at` is for the value of a number; " + quoted(subject.substr(dot + 1)) + " is not one");
    rest = rest.subspan(2);
  }
  read_comparison(rest, out);
  return out;
}

bool holds(const expectation& what, double value) noexcept {
  // Times are decimal in the file and integer nanoseconds in the run: half a nanosecond apart at
  // most.
  const double slack =
      measures()[what.measure].unit == unit::seconds && what.statistic != statistic::count ? 0.5e-9
                                                                                           : 0;
  switch (what.comparison) {
    case comparison::equal:
      return std::abs(value - what.low) <= slack;
    case comparison::not_equal:
      return std::abs(value - what.low) > slack;
    case comparison::less:
      return value < what.low;
    case comparison::at_most:
      return value <= what.low + slack;
    case comparison::greater:
      return value > what.low;
    case comparison::at_least:
      return value >= what.low - slack;
    case comparison::within:
      return value >= what.low - slack && value <= what.high + slack;
  }
  return false;
}

}  // namespace tandem::scenarios
