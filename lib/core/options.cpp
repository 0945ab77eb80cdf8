// SPDX-License-Identifier: MIT
#include "tandem/core/options.hpp"

#include <array>
#include <cstdio>
#include <type_traits>
#include <utility>

namespace tandem {
namespace {

using o = manager_options;

// Ranges keep every sum of a time and a duration far from overflow and every table addressable.
constexpr double count_most = 10'000'000;
constexpr double bytes_most = 1e15;
constexpr double brief = 0.001;      // seconds
constexpr double year = 31'536'000;  // seconds

constexpr std::array<std::string_view, 3> exemption_names{"none", "loopback", "private"};
constexpr std::array<std::string_view, 5> strategy_names{"none", "exponential", "equal", "full",
                                                         "decorrelated"};
constexpr std::array<std::string_view, 2> eviction_names{"off", "scored"};

template <auto Field>
constexpr option_choice choice_of(std::span<const std::string_view> names) {
  using type = std::remove_cvref_t<decltype(std::declval<o>().*Field)>;
  return {names, [](const o& of) { return static_cast<std::uint8_t>(of.*Field); },
          [](o& of, std::uint8_t value) { of.*Field = static_cast<type>(value); }};
}

constexpr std::array table = std::to_array<option_row>({
    {"max_connections", &o::max_connections, 1, count_most,
     "Established connections at most, both directions together; one more is refused with "
     "LimitReached. Default 256: the node this one replaces."},
    {"max_inbound_connections", &o::max_inbound_connections, 0, count_most,
     "Established inbound connections at most; one more is refused with InboundLimitReached. "
     "Default 0: no limit of its own."},
    {"max_outbound_connections", &o::max_outbound_connections, 0, count_most,
     "Established outbound connections at most; one more is refused with OutboundLimitReached. "
     "Default 0: no limit of its own."},
    {"max_connections_per_peer", &o::max_connections_per_peer, 1, count_most,
     "Established connections with one peer at most; one more is refused with "
     "PerPeerLimitReached. Default 2: the node this one replaces."},
    {"reserved_connections", &o::reserved_connections, 0, count_most,
     "So many of max_connections are kept for protected peers: others are refused with "
     "LimitReached at max_connections less this. Default 0."},
    {"max_pending_inbound", &o::max_pending_inbound, 1, count_most,
     "Accepted connections that are not ready yet; one more is reset. Default 512: twice "
     "max_connections, so that as many silent sockets as connections keep nobody out."},
    {"max_pending_outbound", &o::max_pending_outbound, 1, count_most,
     "Own attempts and handshakes at one time; further dials wait. Default 256: one full node."},
    {"max_lingering_refusals", &o::max_lingering_refusals, 0, count_most,
     "Refused connections that are being told why; above it, and always at 0, they are reset. "
     "Default 256."},
    {"connection_memory", &o::connection_memory, 1, bytes_most,
     "Bytes one connection, pending or established, is reckoned at against max_memory: 24 KiB for "
     "itself, the rest for its buffers whatever other connections hold. Default 65536."},
    {"max_memory", &o::max_memory, 0, bytes_most,
     "Bytes for all connections together, what their peers make them buffer included; one more "
     "connection than fits is refused with MemoryLimitReached, one more buffer resets a stream. "
     "Default 0: no limit."},

    {"subnet_v4_narrow", &o::subnet_v4_narrow, 1, 32,
     "Prefix length of a narrow IPv4 subnet. Default 32: one address."},
    {"subnet_v4_wide", &o::subnet_v4_wide, 1, 32,
     "Prefix length of a wide IPv4 subnet. Default 24."},
    {"subnet_v6_narrow", &o::subnet_v6_narrow, 1, 128,
     "Prefix length of a narrow IPv6 subnet. Default 64: what one customer gets at least "
     "(RFC 6177)."},
    {"subnet_v6_wide", &o::subnet_v6_wide, 1, 128,
     "Prefix length of a wide IPv6 subnet. Default 48: one site (RFC 6177)."},
    {"max_connections_per_narrow_subnet", &o::max_connections_per_narrow_subnet, 0, count_most,
     "Established connections with one narrow subnet at most; one more is refused with "
     "SubnetLimitReached. 0: no limit. Default 8: go-libp2p."},
    {"max_connections_per_wide_subnet", &o::max_connections_per_wide_subnet, 0, count_most,
     "Established connections with one wide subnet at most; one more is refused with "
     "SubnetLimitReached. 0: no limit. Default 64: go-libp2p."},
    {"max_pending_per_wide_subnet", &o::max_pending_per_wide_subnet, 0, count_most,
     "Inbound connections of one wide subnet that are not ready at most; one more is reset with "
     "PendingLimitReached, so that no subnet alone uses up max_pending_inbound. 0: no limit. "
     "Default "
     "64: as many as may be established."},
    {"subnet_exempt", choice_of<&o::subnet_exempt>(exemption_names), 0, 2,
     "Addresses that subnet limits, rates and breakers leave alone: none, loopback, or private "
     "(RFC 1918, RFC 4193, link-local and loopback). Default private: clusters share subnets."},

    {"accept_rate", &o::accept_rate, 0, 1e9,
     "Arriving connections a second of the whole node, above accept_burst at once; more are reset "
     "with RateLimited. Default 0: no limit."},
    {"accept_burst", &o::accept_burst, 1, count_most,
     "Arrivals at once before accept_rate holds. Default 64."},
    {"subnet_accept_rate", &o::subnet_accept_rate, 0, 1e9,
     "Arriving connections a second of one narrow subnet; more are reset with RateLimited. 0: no "
     "limit. Default 0.2: go-libp2p."},
    {"subnet_accept_burst", &o::subnet_accept_burst, 1, count_most,
     "Arrivals at once of one narrow subnet before subnet_accept_rate holds. Default 16: "
     "go-libp2p."},
    {"max_remembered_subnets", &o::max_remembered_subnets, 1, count_most,
     "Subnets without connections whose rate or breaker is remembered. Default 4096."},

    {"max_access_rules", &o::max_access_rules, 0, count_most,
     "Denied and allowed peers and networks at most; of bans that expire the next to do so makes "
     "room, otherwise one more is ignored. Default 65536."},
    {"max_marked_peers", &o::max_marked_peers, 0, count_most,
     "Peers protected, tagged or kept alive at most; one more is ignored. Default 4096."},

    {"handshake_timeout", &o::handshake_timeout, brief, year,
     "From connected or accepted to ready. Default 15 s: go-libp2p."},
    {"refusal_linger", &o::refusal_linger, brief, year,
     "A refused peer that was told why is aborted when it is still there after this. Default 1 s."},
    {"close_linger", &o::close_linger, brief, year,
     "A closed connection may drain this long before it is aborted. Default 1 s."},
    {"shutdown_timeout", &o::shutdown_timeout, brief, year,
     "Shutdown is complete within this, whatever the peers do; connections drain for three "
     "quarters of it. Default 2 s: the node this one replaces."},
    {"shutdown_retry_after", &o::shutdown_retry_after, 0, year,
     "Peers are told at shutdown not to come back before a time drawn from half of this to all of "
     "it, so that they do not come back together. Default 30 s."},

    {"connection_timeout", &o::connection_timeout, brief, year,
     "A connection without an open application stream is closed this long after its last "
     "application byte, or after idle_floor_probes probe timeouts when that is longer. Default "
     "30 s: the node this one replaces."},
    {"idle_floor_probes", &o::idle_floor_probes, 0, 100,
     "A connection is never idle sooner than this many probe timeouts (SRTT + 4 RTTVAR; RFC 9002, "
     "6.2). Default 3: RFC 9000, 10.1."},
    {"liveness_interval", &o::liveness_interval, brief, year,
     "A connection that received nothing for this long is probed. Default 10 s: js-libp2p."},
    {"liveness_timeout", &o::liveness_timeout, brief, year,
     "A probe is missed when nothing came for this long after it, or for seven probe timeouts "
     "(three "
     "retransmissions; at most 60 s) when that is longer. Default 10 s: js-libp2p."},
    {"liveness_misses", &o::liveness_misses, 1, 1000,
     "Missed probes in a row after which a connection is aborted. Default 3; at 1 a single slow "
     "answer closes."},

    {"backoff_strategy", choice_of<&o::backoff_strategy>(strategy_names), 0, 4,
     "How a delay follows from the ceiling: none, exponential (the ceiling), equal (half and up to "
     "half more), full (up to the ceiling), or decorrelated (base to three times the last delay). "
     "Default full: AWS, \"Exponential Backoff And Jitter\"."},
    {"backoff_base", &o::backoff_base, brief, year,
     "Ceiling of the delay after the first failed dial. Default 1 s: gRPC."},
    {"backoff_multiplier", &o::backoff_multiplier, 1, 100,
     "The ceiling grows by this factor per consecutive failure; 1 keeps it. Default 2: AWS, full "
     "jitter."},
    {"backoff_cap", &o::backoff_cap, brief, year,
     "The ceiling grows no further. Default 120 s: gRPC."},
    {"backoff_reset_after", &o::backoff_reset_after, brief, year,
     "A connection that lasted this long clears the failures of its peer, if the last is as old. "
     "Default 60 s."},
    {"backoff_refund", &o::backoff_refund, brief, year,
     "Each such time without a failure takes one failure off. Default 10 min."},
    {"max_remembered_peers", &o::max_remembered_peers, 1, count_most,
     "Failure records of peers that are not connected; the one that would be forgotten soonest "
     "makes room. Default 4096."},
    {"max_remembered_addresses", &o::max_remembered_addresses, 1, count_most,
     "Failure records of addresses; the one that would be forgotten soonest makes room. Default "
     "4096."},

    {"breaker_failures", &o::breaker_failures, 1, 1'000'000,
     "Consecutive failures that open the circuit of a peer. Default 5: Envoy."},
    {"breaker_open", &o::breaker_open, brief, year,
     "How long the circuit stays open the first time; each opening in a row doubles it. Default "
     "30 s: Envoy."},
    {"breaker_open_max", &o::breaker_open_max, brief, year,
     "The circuit never stays open for longer. Default 300 s: Envoy."},
    {"breaker_trials", &o::breaker_trials, 1, 1000,
     "Dials at one time through a half-open circuit. Default 1."},
    {"subnet_breaker_failures", &o::subnet_breaker_failures, 0, 1'000'000,
     "Consecutive failures of any peers that open the circuit of their wide subnet. 0: never. "
     "Default 20."},
    {"uplink_failures", &o::uplink_failures, 0, 64,
     "When so many different peers fail in a row and nothing is received in between or while they "
     "are waited for, this node is taken to be offline: nobody is blamed and dials fail with "
     "Offline. A node that dials fewer peers than this never is. 0: never. Default 8."},
    {"uplink_retry", &o::uplink_retry, brief, year,
     "While offline one dial in this time may try. Default 5 s."},

    {"attempt_timeout", &o::attempt_timeout, brief, year,
     "One address may take this long to connect. Default 15 s: go-libp2p."},
    {"dial_timeout", &o::dial_timeout, brief, year,
     "A whole dial, all its addresses and the handshake, may take this long. Default 60 s: "
     "go-libp2p."},
    {"attempt_delay", &o::attempt_delay, brief, year,
     "The next address of a dial is tried beside those before it after this, or when the last one "
     "failed. Default 250 ms: RFC 8305, section 5."},
    {"max_attempts_per_peer", &o::max_attempts_per_peer, 1, 16,
     "Attempts at one peer at one time. 1 tries address after address. Default 8: go-libp2p."},
    {"max_queued_requests", &o::max_queued_requests, 0, count_most,
     "Dial requests that wait for addresses, for a pending slot or for another request's dial; "
     "one more fails with PendingLimitReached. Redials of protected peers take no place. At 0 none "
     "may wait. Default 1024."},

    {"eviction", choice_of<&o::eviction>(eviction_names), 0, 1,
     "What a full node does with an authenticated newcomer: off refuses it; scored gives it the "
     "place of the worst connection of a random sample. Default off."},
    {"eviction_sample", &o::eviction_sample, 1, 4096,
     "Connections looked at to find the worst. Default 16: the sample of which the worst is in the "
     "worst sixth with 95 %."},
    {"eviction_interval", &o::eviction_interval, brief, year,
     "One eviction in this time at most, so that newcomers cannot sweep a node. Default 1 s."},
    {"eviction_penalty", &o::eviction_penalty, 0, year,
     "An evicted peer is refused, and not dialled, for this long. Default 60 s."},
    {"churn_interval", &o::churn_interval, 0, year,
     "A full node closes one unprotected connection, chosen at random, this often, so that the "
     "network does not freeze (geth 31476). Default 0: never."},
});

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
        if constexpr (std::is_same_v<decltype(field), option_choice>)
          return {static_cast<double>(field.get(options)), false};
        else if constexpr (std::is_same_v<std::remove_cvref_t<decltype(options.*field)>, duration>)
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
  message.append(most).append(" (").append(text_of(high.value, high.seconds)).append("): lower ");
  message.append(least).append(" too, or raise ").append(most);
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
  check_order(problems, options, "max_inbound_connections", "max_connections");
  check_order(problems, options, "max_outbound_connections", "max_connections");
  check_order(problems, options, "reserved_connections", "max_connections");
  check_order(problems, options, "subnet_v4_wide", "subnet_v4_narrow");
  check_order(problems, options, "subnet_v6_wide", "subnet_v6_narrow");
  if (options.max_connections_per_wide_subnet > 0)
    check_order(problems, options, "max_connections_per_narrow_subnet",
                "max_connections_per_wide_subnet");
  if (options.max_memory > 0) check_order(problems, options, "connection_memory", "max_memory");
  check_order(problems, options, "backoff_base", "backoff_cap");
  check_order(problems, options, "breaker_open", "breaker_open_max");
  return problems;
}

}  // namespace tandem
