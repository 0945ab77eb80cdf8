// SPDX-License-Identifier: MIT
#include "tandem/core/options.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace tandem {
namespace {

using o = manager_options;

// Ranges keep every sum of a time and a duration far from overflow and every table addressable.
constexpr double count_most = 10'000'000;
constexpr double brief = 0.001;      // seconds
constexpr double year = 31'536'000;  // seconds

constexpr std::array<option_row, 23> table{{
    {"max_connections", &o::max_connections, 1, count_most,
     "Established connections at most, both directions together; one more is refused with "
     "LimitReached. Default 256: the node this one replaces."},
    {"max_connections_per_peer", &o::max_connections_per_peer, 1, count_most,
     "Established connections with one peer at most; one more is refused with "
     "PerPeerLimitReached. Default 2: the node this one replaces."},
    {"max_pending_inbound", &o::max_pending_inbound, 1, count_most,
     "Accepted connections that are not ready yet; one more is reset. Default 512: twice "
     "max_connections, so that as many silent sockets as connections keep nobody out."},
    {"max_pending_outbound", &o::max_pending_outbound, 1, count_most,
     "Own attempts and handshakes at one time; further dials wait. Default 256: one full node."},
    {"max_lingering_refusals", &o::max_lingering_refusals, 0, count_most,
     "Refused connections that are being told why; above it, and always at 0, they are reset. "
     "Default 256."},
    {"max_queued_requests", &o::max_queued_requests, 0, count_most,
     "Dial requests that wait for addresses, for a pending slot or for another request's dial; "
     "one more fails with PendingLimitReached. At 0 none may wait. Default 1024."},
    {"max_remembered_peers", &o::max_remembered_peers, 1, count_most,
     "Failure records and bans of peers that are not connected; the least recently used is dropped "
     "for a new one. Default 4096."},

    {"connection_timeout", &o::connection_timeout, brief, year,
     "A connection without an open application stream is closed this long after its last "
     "application byte. Default 30 s: the node this one replaces."},
    {"attempt_timeout", &o::attempt_timeout, brief, year,
     "One address may take this long to connect. Default 15 s: go-libp2p."},
    {"dial_timeout", &o::dial_timeout, brief, year,
     "A whole dial, all its addresses and the handshake, may take this long. Default 60 s: "
     "go-libp2p."},
    {"handshake_timeout", &o::handshake_timeout, brief, year,
     "From connected or accepted to ready. Default 15 s: go-libp2p."},
    {"refusal_linger", &o::refusal_linger, brief, year,
     "A refused peer that was told why is aborted when it is still there after this. Default 1 s."},
    {"close_linger", &o::close_linger, brief, year,
     "A closed connection may drain this long before it is aborted. Default 1 s."},
    {"shutdown_timeout", &o::shutdown_timeout, brief, year,
     "Shutdown is complete within this, whatever the peers do; connections drain for three "
     "quarters of it. Default 2 s: the node this one replaces."},

    {"liveness_interval", &o::liveness_interval, brief, year,
     "A connection that received nothing for this long is probed. Default 10 s: js-libp2p."},
    {"liveness_misses", &o::liveness_misses, 1, 1000,
     "Probes in a row without any byte received after which a connection is aborted. Default 3; "
     "at 1 a single slow answer closes."},

    {"backoff_base", &o::backoff_base, brief, year,
     "Ceiling of the delay after the first failed dial. Default 1 s: gRPC."},
    {"backoff_multiplier", &o::backoff_multiplier, 1, 100,
     "The ceiling grows by this factor per consecutive failure; 1 keeps it. Default 2: AWS, full "
     "jitter."},
    {"backoff_cap", &o::backoff_cap, brief, year,
     "The ceiling grows no further. Default 120 s: gRPC."},
    {"backoff_reset_after", &o::backoff_reset_after, brief, year,
     "A connection that lasted this long clears the failures of its peer. Default 60 s."},

    {"breaker_failures", &o::breaker_failures, 1, 1'000'000,
     "Consecutive failures that open the circuit of a peer. Default 5: Envoy."},
    {"breaker_open", &o::breaker_open, brief, year,
     "How long the circuit stays open the first time; each opening in a row doubles it. Default "
     "30 s: Envoy."},
    {"breaker_open_max", &o::breaker_open_max, brief, year,
     "The circuit never stays open for longer. Default 300 s: Envoy."},
}};

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
        using type = std::remove_cvref_t<decltype(options.*field)>;
        if constexpr (std::is_same_v<type, duration>)
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
  message.append(most).append(" (").append(text_of(high.value, high.seconds)).append(")");
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
  check_order(problems, options, "backoff_base", "backoff_cap");
  check_order(problems, options, "breaker_open", "breaker_open_max");
  return problems;
}

}  // namespace tandem
