// SPDX-License-Identifier: MIT
#include "measure_table.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace tandem::scenarios {
namespace {

constexpr std::array<std::string_view, 4> families{"refusals", "told", "closed", "dial_failed"};
constexpr std::array<std::string_view, tallies_count> tally_names{
    "dials",           "attempts",
    "dials_succeeded", "connections_lost",
    "sends",           "sends_without_connection",
    "sends_refused",   "messages_received"};
struct spread_row {
  std::string_view name;
  enum unit unit;
};
constexpr std::array<spread_row, spreads_count> spread_rows{{{"idle_close_after", unit::seconds},
                                                             {"dial_time", unit::seconds},
                                                             {"failure_time", unit::seconds},
                                                             {"attempt_gap", unit::seconds},
                                                             {"backoff_fraction", unit::plain}}};

std::vector<counter_row> make_counter_rows() {
  std::vector<counter_row> rows(metric_table().begin(), metric_table().end());
  for (auto& row : rows) row.name = row.metric;
  for (const auto& row : counter_table().subspan(rows.size()))
    if (row.measured) rows.push_back(row);
  return rows;
}

std::vector<measure> make_measures() {
  std::vector<measure> all;
  for (const auto& row : counter_rows()) all.push_back({std::string(row.name)});
  for (const auto family : families)
    for (const auto& row : causes())
      all.push_back({std::string(family) + "." + std::string(row.name)});
  for (const auto name : tally_names) all.push_back({std::string(name)});
  for (const auto& row : spread_rows) all.push_back({std::string(row.name), true, row.unit});
  return all;
}

std::size_t in_family(std::size_t family, cause why) {
  return counter_rows().size() + family * causes_count + static_cast<std::size_t>(why);
}

}  // namespace

std::span<const counter_row> counter_rows() {
  static const std::vector<counter_row> rows = make_counter_rows();
  return rows;
}

std::span<const measure> measures() {
  static const std::vector<measure> all = make_measures();
  return all;
}

std::optional<std::size_t> measure_named(std::string_view name) {
  const auto all = measures();
  const auto it = std::ranges::find(all, name, &measure::name);
  if (it == all.end()) return {};
  return static_cast<std::size_t>(it - all.begin());
}

std::size_t measure_of(std::size_t counter_row) noexcept { return counter_row; }
std::size_t measure_of_refusal(cause why) { return in_family(0, why); }
std::size_t measure_of_told(cause why) { return in_family(1, why); }
std::size_t measure_of_closed(cause why) { return in_family(2, why); }
std::size_t measure_of_dial_failed(cause why) { return in_family(3, why); }
std::size_t measure_of(tally what) {
  return in_family(families.size(), cause{}) + static_cast<std::size_t>(what);
}
std::size_t measure_of(spread what) { return numbers_count() + static_cast<std::size_t>(what); }
std::size_t numbers_count() { return in_family(families.size(), cause{}) + tallies_count; }

}  // namespace tandem::scenarios
