// SPDX-License-Identifier: MIT
#include "tandem/command/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <span>
#include <utility>

namespace tandem {
namespace {

using named_factor = std::pair<std::string_view, double>;

// The number at the start of `text`, which is moved behind it.
std::optional<double> take_number(std::string_view& text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(value)) return {};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::optional<double> factor_of(std::string_view name, std::span<const named_factor> table) {
  const auto it = std::ranges::find(table, name, &named_factor::first);
  if (it == table.end()) return {};
  return it->second;
}

std::optional<double> number_with(std::string_view text, std::span<const named_factor> table) {
  text = trim(text);
  const auto value = take_number(text);
  if (!value) return {};
  const auto factor = factor_of(trim(text), table);
  if (!factor) return {};
  return *value * *factor;
}

std::optional<std::uint64_t> whole(std::optional<double> value) {
  if (!value || *value < 0 || *value > 1e18 || *value != std::floor(*value)) return {};
  return static_cast<std::uint64_t>(*value);
}

constexpr std::array<named_factor, 6> time_units{
    {{"ns", 1.0}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}}};

// Letters put in, left out, replaced, and neighbours swapped, each as one.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last = std::exchange(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j - 1] + (a[i - 1] != b[j - 1]), last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row.back();
}

}  // namespace

std::optional<duration> parse_duration(std::string_view text) {
  text = trim(text);
  if (text == "0") return duration{};
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty()) return {};
  double total = 0;
  while (!text.empty()) {
    const auto value = take_number(text);
    if (!value) return {};
    text = trim(text);
    std::size_t letters = 0;
    while (letters < text.size() && text[letters] >= 'a' && text[letters] <= 'z') ++letters;
    const auto factor = factor_of(text.substr(0, letters), time_units);
    if (!factor) return {};
    total += *value * *factor;
    text = trim(text.substr(letters));
  }
  if (total > 9.2e18) return {};
  return duration(std::llround(negative ? -total : total));
}

std::optional<double> parse_rate(std::string_view text) {
  static constexpr std::array<named_factor, 4> per{
      {{"/s", 1.0}, {"/m", 1.0 / 60}, {"/h", 1.0 / 3600}, {"/ms", 1e3}}};
  return number_with(text, per);
}

std::optional<std::uint64_t> parse_bandwidth(std::string_view text) {
  static constexpr std::array<named_factor, 5> units{
      {{"bit/s", 1.0}, {"kbit/s", 1e3}, {"Mbit/s", 1e6}, {"Gbit/s", 1e9}, {"Tbit/s", 1e12}}};
  return whole(number_with(text, units));
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  static constexpr std::array<named_factor, 8> units{{{"", 1.0},
                                                      {"B", 1.0},
                                                      {"kB", 1e3},
                                                      {"MB", 1e6},
                                                      {"GB", 1e9},
                                                      {"KiB", 1024.0},
                                                      {"MiB", 1048576.0},
                                                      {"GiB", 1073741824.0}}};
  return whole(number_with(text, units));
}

std::optional<double> parse_ratio(std::string_view text) {
  static constexpr std::array<named_factor, 2> units{{{"", 1.0}, {"%", 0.01}}};
  return number_with(text, units);
}

std::optional<double> parse_number(std::string_view text) {
  static constexpr std::array<named_factor, 1> none{{{"", 1.0}}};
  return number_with(text, none);
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

std::string format_duration(duration value) {
  if (value.count() == 0) return "0s";
  static constexpr std::array<std::pair<std::int64_t, const char*>, 6> units{
      {{3600'000'000'000, "h"},
       {60'000'000'000, "m"},
       {1'000'000'000, "s"},
       {1'000'000, "ms"},
       {1'000, "us"},
       {1, "ns"}}};
  for (const auto& [factor, name] : units)
    if (value.count() % factor == 0) return std::to_string(value.count() / factor) + name;
  return {};
}

std::string format_moment(duration value) {
  using std::chrono::seconds;
  if (value < seconds(1) || value % std::chrono::milliseconds(1) == duration{})
    return format_duration(value);
  const auto whole = std::chrono::floor<seconds>(value);
  auto digits = std::to_string((value - whole).count());
  digits.insert(0, 9 - digits.size(), '0');
  digits.erase(digits.find_last_not_of('0') + 1);
  return std::to_string(whole.count()) + "." + digits + "s";
}

std::string format_bytes(std::uint64_t value) {
  static constexpr std::array<std::pair<unsigned, const char*>, 3> units{
      {{30, "GiB"}, {20, "MiB"}, {10, "KiB"}}};
  for (const auto& [shift, name] : units)
    if (value != 0 && value % (std::uint64_t{1} << shift) == 0)
      return std::to_string(value >> shift) + name;
  return std::to_string(value);
}

std::string format_value(double value, unit in) {
  char text[48];
  if (in == unit::plain) {
    std::snprintf(text, sizeof text, "%.*f", value == std::floor(value) ? 0 : 4, value);
  } else if (std::abs(value) < 1 && value != 0) {
    std::snprintf(text, sizeof text, "%.6g ms", value * 1e3);
  } else {
    std::snprintf(text, sizeof text, "%.6g s", value);
  }
  return text;
}

std::string quoted(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  out += '`';
  out += text;
  out += '`';
  return out;
}

std::string closest(std::string_view word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const auto& candidate : known) {
    const auto distance = edit_distance(word, candidate);
    // Of a word of one letter or three, changing most leaves nothing in common.
    if (distance >= least || distance > std::min(word.size(), candidate.size()) / 2) continue;
    least = distance;
    best = candidate;
  }
  return best;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  if (const auto best = closest(word, known); !best.empty())
    return "; did you mean `" + best + "`?";
  if (known.empty() || known.size() > 24) return {};
  std::string list = "; known: ";
  for (const auto& name : known) list += (&name == &known.front() ? "" : ", ") + name;
  return list;
}

}  // namespace tandem
