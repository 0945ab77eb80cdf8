// SPDX-License-Identifier: MIT
#include "tandem/net/metrics.hpp"

#include <algorithm>
#include <array>

namespace tandem {
namespace {

using c = manager_counters;

constexpr std::array<metric_row, 8> rows{{
    {"icn_p2p_active_connections", metric_kind::gauge, &c::active_connections,
     "Connections that are ready and not yet closed."},
    {"icn_p2p_connected_peers", metric_kind::gauge, &c::connected_peers,
     "Distinct peers with an active connection."},
    {"icn_p2p_connection_limit", metric_kind::gauge, &c::connection_limit,
     "Most concurrent connections this node admits (max_connections)."},
    {"icn_p2p_bytes_sent_total", metric_kind::counter, &c::bytes_sent,
     "Transport payload bytes sent."},
    {"icn_p2p_bytes_received_total", metric_kind::counter, &c::bytes_received,
     "Transport payload bytes received."},
    {"icn_p2p_connections_established_total", metric_kind::counter, &c::established_total,
     "Connections that became ready."},
    {"icn_p2p_connections_failed_total", metric_kind::counter, &c::failed_total,
     "Dials and handshakes that failed; refusals by this node are not among them."},
    {"icn_p2p_connections_closed_total", metric_kind::counter, &c::closed_total,
     "Established connections that ended."},
}};

}  // namespace

std::span<const metric_row> metric_table() noexcept { return rows; }

const metric_row* metric_named(std::string_view name) noexcept {
  const auto row = std::ranges::find(rows, name, &metric_row::name);
  return row == rows.end() ? nullptr : &*row;
}

}  // namespace tandem
