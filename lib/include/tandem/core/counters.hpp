// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/cause.hpp"

#include <array>
#include <cstdint>

namespace tandem {

/// Plain numbers of one manager, exact after every drained event. The Prometheus names are in
/// tandem/core/counter_table.hpp.
struct manager_counters {
  std::uint64_t active_connections = 0;  ///< ready and not yet closed
  std::uint64_t connected_peers = 0;     ///< distinct peers among them
  std::uint64_t connection_limit = 0;    ///< max_connections in force
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t established_total = 0;
  std::uint64_t failed_total = 0;  ///< dials and handshakes that failed; not our refusals
  std::uint64_t closed_total = 0;  ///< of established connections

  std::uint64_t permits_issued = 0;  ///< established permits
  std::uint64_t permits_released = 0;
  std::uint64_t permits_live = 0;      ///< counted apart; issued - released == live always
  std::uint64_t permits_inbound = 0;   ///< of permits_live
  std::uint64_t permits_outbound = 0;  ///< of permits_live
  std::uint64_t slot_drift = 0;        ///< |issued - released - held by connections|; always 0
  std::uint64_t pending_inbound = 0;
  std::uint64_t pending_outbound = 0;
  std::uint64_t lingering = 0;         ///< refused and told, not yet closed
  std::uint64_t remembered_peers = 0;  ///< with a failure record
  std::uint64_t remembered_addresses = 0;
  std::uint64_t records_dropped = 0;  ///< failure records evicted because the table was full
  std::uint64_t evicted_total = 0;    ///< connections closed for another, or for churn
  std::uint64_t offline = 0;          ///< 1 while this node is taken to be offline
  std::uint64_t ignored_events = 0;   ///< for unknown or finished ids
  std::array<std::uint64_t, causes_count> refused{};  ///< by this node, by refusal

  friend bool operator==(const manager_counters&, const manager_counters&) = default;
};

/// What is taken of limits that no counter is about; of a limit per something, by whoever takes
/// most. 0 where nothing is counted because there is no such limit.
struct limit_uses {
  std::uint64_t connections_of_peer = 0;  ///< established
  std::uint64_t connections_of_narrow_subnet = 0;
  std::uint64_t connections_of_wide_subnet = 0;
  std::uint64_t pending_of_wide_subnet = 0;  ///< inbound
  std::uint64_t attempts_of_peer = 0;
  std::uint64_t remembered_subnets = 0;
  std::uint64_t access_rules = 0;
  std::uint64_t marked_peers = 0;
};

}  // namespace tandem
