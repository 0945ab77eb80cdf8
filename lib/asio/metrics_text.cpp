// SPDX-License-Identifier: MIT
#include "metrics_text.hpp"

#include "tandem/core/counter_table.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <utility>

namespace tandem {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily family(std::string_view name, std::string_view help, MetricType type) {
  MetricFamily out;
  out.name = name;
  out.help = help;
  out.type = type;
  return out;
}

void add(MetricFamily& to, std::uint64_t value, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric sample;
  sample.label = std::move(labels);
  (to.type == MetricType::Gauge ? sample.gauge.value : sample.counter.value) =
      static_cast<double>(value);
  to.metric.push_back(std::move(sample));
}

// The memory of the buffers: what peers make this node hold.
struct buffer_row {
  std::string_view metric;
  bool gauge;  ///< it falls as well; else a total
  std::uint64_t buffer_counters::*field;
  std::string_view help;
};
using b = buffer_counters;
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

}  // namespace

std::string metrics_text(const node_counters& counters, const std::vector<program_counter>& more) {
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
  for (const auto& row : buffer_rows) add_row(out, row, counters.buffers);
  for (const auto& each : more) {
    out.push_back(family(each.name, each.help, MetricType::Counter));
    add(out.back(), each.value());
  }
  return prometheus::TextSerializer().Serialize(out);
}

}  // namespace tandem
