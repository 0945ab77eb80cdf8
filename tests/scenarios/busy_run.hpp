// SPDX-License-Identifier: MIT
#pragma once

namespace tandem::scenarios {

/// Everything a run can do, much of it at the round times that samples come at: deaths, restarts,
/// evictions, a partition, a jump of the clock.
inline constexpr const char* busy = R"(scenario: busy
duration: 20s
groups:
  server: {listen: true, manager: {max_connections: 4, eviction: scored, connection_timeout: 4s}}
  clients: {count: 6, manager: {liveness_interval: 1s, liveness_timeout: 1s}}
  other: {listen: true}
links: {default: {latency: 10ms, bandwidth: 10Mbit/s, loss: 1%}}
workload:
  - keep_connected: {from: clients, to: server}
  - dial: {from: clients, to: other, arrivals: {every: 500ms}, hold: {fixed: 3s}}
  - send: {from: clients, to: server, at: 1s, every: 100ms, bytes: 20000}
  - kill: {group: other, at: 6s}
  - restart: {group: other, at: 8s}
  - restart: {group: clients, at: 15s}
  - shutdown: {group: server, at: 18s}
faults:
  - partition: {groups: [server], at: 10s, until: 12s}
  - clock_jump: {nodes: "clients[1]", at: 13s, by: 2s}
expectations:
  - server.icn_p2p_bytes_received_total > 0
)";

}  // namespace tandem::scenarios
