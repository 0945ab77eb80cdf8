// SPDX-License-Identifier: MIT
#include "metrics_text.hpp"

#include "tandem/net/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <utility>

namespace tandem {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily family(std::string_view name, std::string_view help, metric_kind kind) {
  MetricFamily out;
  out.name = name;
  out.help = help;
  out.type = kind == metric_kind::gauge ? MetricType::Gauge : MetricType::Counter;
  return out;
}

void add(MetricFamily& to, std::uint64_t value, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric sample;
  sample.label = std::move(labels);
  (to.type == MetricType::Gauge ? sample.gauge.value : sample.counter.value) =
      static_cast<double>(value);
  to.metric.push_back(std::move(sample));
}

// Beside the documented ones: what the core does about overload and trouble.
using c = manager_counters;
constexpr metric_row own_rows[] = {
    {"icn_p2p_slot_drift", metric_kind::gauge, &c::slot_drift,
     "Permits issued - released - held by connections, without sign; not 0 is a bug."},
    {"icn_p2p_pending_inbound", metric_kind::gauge, &c::pending_inbound,
     "Accepted connections that are not ready yet."},
    {"icn_p2p_pending_outbound", metric_kind::gauge, &c::pending_outbound,
     "Attempts and dialled connections that are not ready yet."},
    {"icn_p2p_evictions_total", metric_kind::counter, &c::evicted_total,
     "Connections closed to make room, or for churn."},
    {"icn_p2p_offline", metric_kind::gauge, &c::offline,
     "1 while this node takes itself to be offline."},
    {"icn_p2p_remembered_peers", metric_kind::gauge, &c::remembered_peers,
     "Peers with a failure record."},
};

// The memory of the buffers: what peers make this node hold.
struct buffer_row {
  std::string_view name;
  metric_kind kind;
  std::uint64_t buffer_counters::*field;
  std::string_view help;
};
using b = buffer_counters;
constexpr buffer_row buffer_rows[] = {
    {"icn_p2p_buffer_bytes", metric_kind::gauge, &b::bytes,
     "Memory that the buffers of all connections take."},
    {"icn_p2p_buffer_bytes_beyond_shares", metric_kind::gauge, &b::beyond_shares,
     "Of icn_p2p_buffer_bytes, what counts against buffers_max and what max_memory leaves."},
    {"icn_p2p_buffers_refused_total", metric_kind::counter, &b::refused_total,
     "Requests for buffer memory refused: streams reset, messages not taken."},
    {"icn_p2p_buffers_reset_total", metric_kind::counter, &b::reset_total,
     "Streams reset because others needed the memory they held."},
};

template <class Row, class Counters>
void add_row(std::vector<MetricFamily>& to, const Row& row, const Counters& counters) {
  to.push_back(family(row.name, row.help, row.kind));
  add(to.back(), counters.*row.field);
}

}  // namespace

std::string metrics_text(const node_counters& counters, const std::vector<program_counter>& more) {
  std::vector<MetricFamily> out;
  for (const auto& row : metric_table()) add_row(out, row, counters);
  out.push_back(
      family("icn_p2p_refusals_total", "Refusals by this node, by reason.", metric_kind::counter));
  for (const auto& row : causes())
    if (is_refusal(row.value))
      add(out.back(), counters.refused[static_cast<std::size_t>(row.value)],
          {{"reason", std::string(row.name)}});
  for (const auto& row : own_rows) add_row(out, row, counters);
  for (const auto& row : buffer_rows) add_row(out, row, counters.buffers);
  for (const auto& each : more) {
    out.push_back(family(each.name, each.help, metric_kind::counter));
    add(out.back(), each.value());
  }
  return prometheus::TextSerializer().Serialize(out);
}

}  // namespace tandem
