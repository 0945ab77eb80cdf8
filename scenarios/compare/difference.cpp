// SPDX-License-Identifier: MIT
#include "tandem/scenarios/compare/difference.hpp"

#include "tandem/command/units.hpp"

#include <algorithm>

namespace tandem::scenarios {
namespace {

bool equal_rows(const event_table& a, const event_table& b, std::size_t row) {
  const auto same = [&](const auto& left, const auto& right) { return left[row] == right[row]; };
  return same(a.time_ns, b.time_ns) && same(a.node, b.node) && same(a.kind, b.kind) &&
         same(a.why, b.why) && same(a.way, b.way) && same(a.connection, b.connection) &&
         same(a.request, b.request) && same(a.peer, b.peer) && same(a.current, b.current) &&
         same(a.limit, b.limit) && same(a.failures, b.failures) &&
         same(a.ceiling_ns, b.ceiling_ns) && same(a.until_ns, b.until_ns);
}

std::string timed(const outcome& of, std::size_t row) {
  if (row >= of.events.size()) return {};
  return format_moment(duration(of.events.time_ns[row])) + "  " + event_in_words(of, row);
}

std::optional<first_difference> first_of(const outcome& a, const outcome& b) {
  if (!a.has_events || !b.has_events) return {};
  const auto both = std::min(a.events.size(), b.events.size());
  std::size_t row = 0;
  while (row < both && equal_rows(a.events, b.events, row)) ++row;
  if (row == a.events.size() && row == b.events.size()) return {};
  return first_difference{row, timed(a, row), timed(b, row), row > 0 ? timed(a, row - 1) : ""};
}

// Each eighth is four digits and a dot but the last, which is all of its digits.
std::size_t first_eighth(const std::string& a, const std::string& b) {
  const auto at = std::ranges::mismatch(a, b).in1 - a.begin();
  return std::min<std::size_t>(static_cast<std::size_t>(at) / 5, 7);
}

void compare_layers(const outcome& a, const outcome& b, difference& into) {
  into.layers_known = !a.layers.empty() && !b.layers.empty();
  if (!into.layers_known) return;
  for (const auto& [name, print] : a.layers) {
    const auto other = std::ranges::find(b.layers, name, [](const auto& l) { return l.first; });
    if (other == b.layers.end()) continue;
    if (other->second == print)
      into.same_layers.push_back(name);
    else
      into.layers.push_back({name, first_eighth(print, other->second)});
  }
}

std::string found(const outcome::line& of) {
  return of.verdict + (of.measured.empty() ? "" : " " + of.measured);
}

void compare_lines(const outcome& a, const outcome& b, difference& into) {
  for (const auto& line : a.lines) {
    const auto other = std::ranges::find(b.lines, line.text, &outcome::line::text);
    if (other == b.lines.end())
      into.lines.push_back({line.text, found(line), ""});
    else if (*other != line)
      into.lines.push_back({line.text, found(line), found(*other)});
  }
  for (const auto& line : b.lines)
    if (std::ranges::find(a.lines, line.text, &outcome::line::text) == a.lines.end())
      into.lines.push_back({line.text, "", found(line)});
}

// A number that one of them lacks is 0 there.
void compare_numbers(const outcome& a, const outcome& b, difference& into) {
  const auto value_in = [](const outcome& in, const std::string& name) {
    const auto it = std::ranges::find(in.numbers, name, [](const auto& n) { return n.first; });
    return it == in.numbers.end() ? std::optional<double>() : it->second;
  };
  const auto add = [&](const std::string& name, double left, double right) {
    if (left == right)
      ++into.same_numbers;
    else
      into.numbers.push_back({name, left, right});
  };
  for (const auto& [name, value] : a.numbers) add(name, value, value_in(b, name).value_or(0));
  for (const auto& [name, value] : b.numbers)
    if (!value_in(a, name)) add(name, 0, value);
}

}  // namespace

std::string events_in_words(const outcome& of, duration from, duration until, std::size_t most) {
  std::string out;
  const auto& times = of.events.time_ns;
  auto row =
      static_cast<std::size_t>(std::ranges::lower_bound(times, from.count()) - times.begin());
  for (; most > 0 && row < times.size() && times[row] < until.count(); ++row, --most)
    out += timed(of, row) + "\n";
  return out;
}

difference compare(const outcome& a, const outcome& b) {
  difference made;
  made.traces_differ = a.trace_hash != b.trace_hash;
  made.first = first_of(a, b);
  compare_layers(a, b, made);
  compare_lines(a, b, made);
  compare_numbers(a, b, made);
  made.same = !made.traces_differ && !made.first && made.layers.empty() && made.lines.empty() &&
              made.numbers.empty();
  return made;
}

}  // namespace tandem::scenarios
