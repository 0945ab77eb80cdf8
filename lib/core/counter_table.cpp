// SPDX-License-Identifier: MIT
#include "tandem/core/counter_table.hpp"

#include <array>

namespace tandem {
namespace {

using c = manager_counters;
constexpr bool gauge = true, total = false, measured = true, unmeasured = false;

constexpr auto table = std::to_array<counter_row>({
    {"active_connections", "icn_p2p_active_connections", &c::active_connections, gauge, measured,
     "Connections that are ready and not yet closed."},
    {"connected_peers", "icn_p2p_connected_peers", &c::connected_peers, gauge, measured,
     "Distinct peers with an active connection."},
    {"connection_limit", "icn_p2p_connection_limit", &c::connection_limit, gauge, measured,
     "Most concurrent connections this node admits (max_connections)."},
    {"bytes_sent", "icn_p2p_bytes_sent_total", &c::bytes_sent, total, measured,
     "Transport payload bytes sent."},
    {"bytes_received", "icn_p2p_bytes_received_total", &c::bytes_received, total, measured,
     "Transport payload bytes received."},
    {"established_total", "icn_p2p_connections_established_total", &c::established_total, total,
     measured, "Connections that became ready."},
    {"failed_total", "icn_p2p_connections_failed_total", &c::failed_total, total, measured,
     "Dials and handshakes that failed; refusals by this node are not among them."},
    {"closed_total", "icn_p2p_connections_closed_total", &c::closed_total, total, measured,
     "Established connections that ended."},
    {"permits_issued", "", &c::permits_issued, total, measured, "Established permits."},
    {"permits_released", "", &c::permits_released, total, unmeasured, "Permits given back."},
    {"permits_live", "", &c::permits_live, gauge, measured, "Permits held, counted apart."},
    {"permits_inbound", "", &c::permits_inbound, gauge, unmeasured, "Of them inbound."},
    {"permits_outbound", "", &c::permits_outbound, gauge, unmeasured, "Of them outbound."},
    {"slot_drift", "icn_p2p_slot_drift", &c::slot_drift, gauge, unmeasured,
     "Permits issued - released - held by connections, without sign; not 0 is a bug."},
    {"pending_inbound", "icn_p2p_pending_inbound", &c::pending_inbound, gauge, measured,
     "Accepted connections that are not ready yet."},
    {"pending_outbound", "icn_p2p_pending_outbound", &c::pending_outbound, gauge, measured,
     "Attempts and dialled connections that are not ready yet."},
    {"lingering", "", &c::lingering, gauge, measured, "Connections refused and told, not closed."},
    {"remembered_peers", "icn_p2p_remembered_peers", &c::remembered_peers, gauge, measured,
     "Peers with a failure record."},
    {"remembered_addresses", "", &c::remembered_addresses, gauge, unmeasured,
     "Addresses with a failure record."},
    {"records_dropped", "", &c::records_dropped, total, measured,
     "Failure records that went because there were too many."},
    {"evicted_total", "icn_p2p_evictions_total", &c::evicted_total, total, unmeasured,
     "Connections closed to make room, or for churn."},
    {"offline", "icn_p2p_offline", &c::offline, gauge, unmeasured,
     "1 while this node takes itself to be offline."},
    {"ignored_events", "", &c::ignored_events, total, measured,
     "Events for ids that are unknown or over."},
});
static_assert(sizeof(manager_counters) == (table.size() + causes_count) * sizeof(std::uint64_t));
constexpr std::size_t documented = 8;

}  // namespace

std::span<const counter_row> counter_table() noexcept { return table; }
std::span<const counter_row> metric_table() noexcept { return counter_table().first<documented>(); }

}  // namespace tandem
