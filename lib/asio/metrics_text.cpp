// SPDX-License-Identifier: MIT
#include "metrics_text.hpp"

#include "meter_families.hpp"
#include "metric_family.hpp"
#include "tandem/core/counter_table.hpp"

#include <prometheus/text_serializer.h>

#include <utility>

namespace tandem {
namespace {

// The memory of the buffers: what peers make this node hold.
struct buffer_row {
  std::string_view metric;
  bool gauge;  ///< it falls as well; else a total
  std::uint64_t buffer_counters::*field;
  std::string_view help;
};
using b = buffer_counters;
using c = manager_counters;
// Those of the policy that counter_table() gives no name.
struct policy_row {
  std::string_view metric;
  bool gauge;
  std::uint64_t manager_counters::*field;
  std::string_view help;
};
constexpr policy_row policy_rows[] = {
    {"icn_p2p_permits_issued_total", false, &c::permits_issued, "Permits to be established given."},
    {"icn_p2p_permits_released_total", false, &c::permits_released, "Permits given back."},
    {"icn_p2p_permits_live", true, &c::permits_live, "Permits held, counted apart."},
    {"icn_p2p_records_dropped_total", false, &c::records_dropped,
     "Failure records that went because there were too many."},
    {"icn_p2p_ignored_events_total", false, &c::ignored_events,
     "Events for connections that are unknown or over."},
};
constexpr buffer_row buffer_rows[] = {
    {"icn_p2p_buffer_bytes", true, &b::bytes, "Memory that the buffers of all connections take."},
    {"icn_p2p_buffer_bytes_beyond_shares", true, &b::beyond_shares,
     "Of icn_p2p_buffer_bytes, what counts against buffers_max and what max_memory leaves."},
    {"icn_p2p_buffers_refused_total", false, &b::refused_total,
     "Requests for buffer memory refused: streams reset, messages not taken."},
    {"icn_p2p_buffers_reset_total", false, &b::reset_total,
     "Streams reset because others needed the memory they held."},
};

template <class Row, class Counters>
void add_row(std::vector<MetricFamily>& to, const Row& row, const Counters& counters) {
  if (row.metric.empty()) return;
  to.push_back(family(row.metric, row.help, row.gauge ? MetricType::Gauge : MetricType::Counter));
  add(to.back(), counters.*row.field);
}

/// Per family, as they differ in how a counter is named: OpenMetrics takes its suffix away.
std::string as_openmetrics(std::vector<MetricFamily> families) {
  std::string out;
  for (auto& each : families) {
    const auto name = each.name;
    auto text = prometheus::TextSerializer().Serialize({std::move(each)});
    if (const auto bare = name.substr(0, name.rfind("_total")); bare != name)
      for (const auto* line : {"# HELP ", "# TYPE "})
        if (const auto at = text.find(line + name + " "); at != text.npos)
          text.erase(at + 7 + bare.size(), name.size() - bare.size());
    out += text;
  }
  return out + "# EOF\n";
}

}  // namespace

std::string_view content_type_of(metrics_format as) noexcept {
  return as == metrics_format::openmetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

std::string metrics_text(metrics_format as, const node_counters& counters,
                         const std::vector<program_counter>& more, const node_meter* meter) {
  std::vector<MetricFamily> out;
  for (const auto& row : metric_table()) add_row(out, row, counters);
  out.push_back(
      family("icn_p2p_refusals_total", "Refusals by this node, by reason.", MetricType::Counter));
  for (const auto& row : causes())
    if (is_refusal(row.value))
      add(out.back(), counters.refused[static_cast<std::size_t>(row.value)],
          {{"reason", std::string(row.name)}});
  // Beside the documented ones: what the core does about overload and trouble.
  for (const auto& row : counter_table().subspan(metric_table().size()))
    add_row(out, row, counters);
  if (meter) {
    for (const auto& row : policy_rows) add_row(out, row, counters);
    meter_families(*meter).add_to(out);
  }
  for (const auto& row : buffer_rows) add_row(out, row, counters.buffers);
  for (const auto& each : more) {
    out.push_back(family(each.name, each.help, MetricType::Counter));
    add(out.back(), each.value());
  }
  return as == metrics_format::openmetrics ? as_openmetrics(std::move(out))
                                           : prometheus::TextSerializer().Serialize(out);
}

}  // namespace tandem
