// SPDX-License-Identifier: MIT
#include "measure_table.hpp"

#include "tandem/net/metrics.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace tandem::scenarios {
namespace {

constexpr std::array<counter_row, 8> own_rows{{
    {"permits_live", &manager_counters::permits_live, true},
    {"pending_inbound", &manager_counters::pending_inbound, true},
    {"pending_outbound", &manager_counters::pending_outbound, true},
    {"lingering", &manager_counters::lingering, true},
    {"remembered_peers", &manager_counters::remembered_peers, true},
    {"records_dropped", &manager_counters::records_dropped, false},
    {"permits_issued", &manager_counters::permits_issued, false},
    {"ignored_events", &manager_counters::ignored_events, false},
}};

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
  std::vector<counter_row> rows;
  for (const auto& metric : metric_table())
    rows.push_back({metric.name, metric.field, metric.kind == metric_kind::gauge});
  rows.insert(rows.end(), own_rows.begin(), own_rows.end());
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
