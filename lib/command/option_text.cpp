// SPDX-License-Identifier: MIT
#include "tandem/command/option_text.hpp"

#include "tandem/command/units.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace tandem {
namespace {

using count_field = std::uint64_t manager_options::*;
using time_field = duration manager_options::*;
using ratio_field = double manager_options::*;

[[noreturn]] void fail(const option_row& row, const std::string& must, std::string_view text) {
  throw std::invalid_argument("`" + std::string(row.name) + "` must be " + must + ", not `" +
                              std::string(text) + "`");
}

std::string option_choices(const option_row& row) {
  std::string text;
  for (const std::string_view name : std::get<option_choice>(row.field).names)
    text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

/// Bytes are written as sizes: `64MiB`.
bool is_size(const option_row& row) { return row.name.ends_with("memory"); }

/// Things a second are written as in a scenario, or as the number alone.
bool is_rate(const option_row& row) { return row.name.ends_with("rate"); }

/// As a person would write it.
std::string bound_text(double value, unit in) {
  return in == unit::seconds ? format_duration(duration(std::llround(value * 1e9)))
                             : format_value(value, in);
}

void check_range(const option_row& row, double value, unit in, std::string_view text) {
  if (value >= row.least && value <= row.most) return;
  fail(row, "between " + bound_text(row.least, in) + " and " + bound_text(row.most, in), text);
}

}  // namespace

void set_option(const option_row& row, std::string_view text, manager_options& into) {
  if (const auto* count = std::get_if<count_field>(&row.field)) {
    const auto value = is_size(row) ? parse_bytes(text) : parse_count(text);
    if (!value) fail(row, is_size(row) ? "a size, as in 64MiB or 65536" : "a whole number", text);
    check_range(row, static_cast<double>(*value), unit::plain, text);
    into.** count = *value;
  } else if (const auto* time = std::get_if<time_field>(&row.field)) {
    const auto value = parse_duration(text);
    if (!value) fail(row, "a duration, as in 30s, 600ms or 2m", text);
    check_range(row, std::chrono::duration<double>(*value).count(), unit::seconds, text);
    into.** time = *value;
  } else if (const auto* choice = std::get_if<option_choice>(&row.field)) {
    const auto found = std::ranges::find(choice->names, text);
    if (found == choice->names.end()) fail(row, "one of " + option_choices(row), text);
    choice->set(into, static_cast<std::uint8_t>(found - choice->names.begin()));
  } else {
    auto value = parse_number(text);
    if (!value) value = is_rate(row) ? parse_rate(text) : parse_ratio(text);
    if (!value)
      fail(row, is_rate(row) ? "a rate, as in 20/s or 20" : "a ratio, as in 0.5 or 50%", text);
    check_range(row, *value, unit::plain, text);
    into.*std::get<ratio_field>(row.field) = *value;
  }
}

std::string option_text(const option_row& row, const manager_options& of) {
  if (const auto* count = std::get_if<count_field>(&row.field))
    return is_size(row) ? format_bytes(of.**count) : std::to_string(of.**count);
  if (const auto* time = std::get_if<time_field>(&row.field)) return format_duration(of.**time);
  if (const auto* choice = std::get_if<option_choice>(&row.field))
    return std::string(choice->names[choice->get(of)]);
  return format_value(of.*std::get<ratio_field>(row.field), unit::plain);
}

std::string_view option_kind(const option_row& row) {
  if (std::holds_alternative<count_field>(row.field)) return is_size(row) ? "SIZE" : "COUNT";
  if (std::holds_alternative<option_choice>(row.field)) return "CHOICE";
  if (std::holds_alternative<time_field>(row.field)) return "DURATION";
  return is_rate(row) ? "RATE" : "RATIO";
}

}  // namespace tandem
