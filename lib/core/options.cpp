// SPDX-License-Identifier: MIT
#include "tandem/core/option_table.hpp"

#include <array>
#include <cstdio>
#include <type_traits>
#include <utility>

namespace tandem {
namespace {

using o = manager_options;

template <auto Field>
constexpr option_choice choice_of(std::span<const std::string_view> names) {
  using type = std::remove_cvref_t<decltype(std::declval<o>().*Field)>;
  return {names, [](const o& of) { return static_cast<std::uint8_t>(of.*Field); },
          [](o& of, std::uint8_t value) { of.*Field = static_cast<type>(value); }};
}

#include "option_rows.inc"  // the table, from options.hpp (option_rows.py)

std::string text_of(double value, bool seconds) {
  char buffer[48];
  std::snprintf(buffer, sizeof buffer, "%.10g%s", value, seconds ? " s" : "");
  return buffer;
}

struct plain_value {
  double value;
  bool seconds;
};

plain_value value_of(const manager_options& options, const option_row& row) {
  return std::visit(
      [&options](auto field) -> plain_value {
        if constexpr (std::is_same_v<decltype(field), option_choice>)
          return {static_cast<double>(field.get(options)), false};
        else if constexpr (std::is_same_v<std::remove_cvref_t<decltype(options.*field)>, duration>)
          return {std::chrono::duration<double>(options.*field).count(), true};
        else
          return {static_cast<double>(options.*field), false};
      },
      row.field);
}

void check_order(std::vector<option_problem>& problems, const manager_options& options,
                 std::string_view least, std::string_view most) {
  const plain_value low = value_of(options, *option_named(least));
  const plain_value high = value_of(options, *option_named(most));
  if (low.value <= high.value) return;
  std::string message(least);
  message.append(" (").append(text_of(low.value, low.seconds)).append(") is above ");
  message.append(most).append(" (").append(text_of(high.value, high.seconds)).append("): lower ");
  message.append(least).append(" too, or raise ").append(most);
  problems.push_back({std::string(least), message});
}

}  // namespace

std::span<const option_row> option_table() noexcept { return table; }

const option_row* option_named(std::string_view name) noexcept {
  for (const option_row& row : option_table())
    if (row.name == name) return &row;
  return nullptr;
}

std::vector<option_problem> problems_of(const manager_options& options) {
  std::vector<option_problem> problems;
  for (const option_row& row : option_table()) {
    const plain_value v = value_of(options, row);
    // Written so that a NaN is out of range.
    if (v.value >= row.least && v.value <= row.most) continue;
    std::string message(row.name);
    message.append(" (").append(text_of(v.value, v.seconds)).append(") is outside ");
    message.append(text_of(row.least, v.seconds)).append(" to ");
    message.append(text_of(row.most, v.seconds));
    problems.push_back({std::string(row.name), message});
  }
  check_order(problems, options, "max_connections_per_peer", "max_connections");
  check_order(problems, options, "max_inbound_connections", "max_connections");
  check_order(problems, options, "max_outbound_connections", "max_connections");
  check_order(problems, options, "reserved_connections", "max_connections");
  check_order(problems, options, "subnet_v4_wide", "subnet_v4_narrow");
  check_order(problems, options, "subnet_v6_wide", "subnet_v6_narrow");
  if (options.max_connections_per_wide_subnet > 0)
    check_order(problems, options, "max_connections_per_narrow_subnet",
                "max_connections_per_wide_subnet");
  if (options.max_memory > 0) check_order(problems, options, "connection_memory", "max_memory");
  check_order(problems, options, "backoff_base", "backoff_cap");
  check_order(problems, options, "breaker_open", "breaker_open_max");
  return problems;
}

}  // namespace tandem
