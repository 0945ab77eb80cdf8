// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"

#include <cstdint>
#include <string>
#include <vector>

// All there is about an option: the build makes option_table() of it, and of that parsers, `--help`
// and documentation (lib/core/option_rows.py). Ranges keep sums of times far from overflow.
namespace tandem {

/// How many connections there may be, and whose. Refusals name the limit, its value and the count.
struct limit_options {
  /// Established connections at most, both directions together; one more is refused with
  /// LimitReached. Range 1 to 10 million. Default: the node this one replaces.
  std::uint64_t max_connections = 256;
  /// Established inbound connections at most; one more is refused with InboundLimitReached. 0:
  /// no limit of its own. Range 0 to 10 million.
  std::uint64_t max_inbound_connections = 0;
  /// Established outbound connections at most; one more is refused with OutboundLimitReached.
  /// 0: no limit of its own. Range 0 to 10 million.
  std::uint64_t max_outbound_connections = 0;
  /// Established connections with one peer at most; one more is refused with
  /// PerPeerLimitReached. An inbound one waits until those there show that they live: one that is
  /// silent for three probe timeouts (1 to 8 s) makes room. Range 1 to 10 million. Default: the
  /// node this one replaces.
  std::uint64_t max_connections_per_peer = 2;
  /// So many of max_connections are kept for protected peers: others are refused with
  /// LimitReached at max_connections less this. Range 0 to 10 million.
  std::uint64_t reserved_connections = 0;
  /// Accepted connections that are not ready yet. For one more the oldest that has not
  /// authenticated is reset with PendingLimitReached, or, when all have, that one more. Range 1 to
  /// 10 million. Default: twice max_connections; against 500 silent arrivals a second each still
  /// has a second.
  std::uint64_t max_pending_inbound = 512;
  /// Own attempts and handshakes at one time; further dials wait. While they do, those that were
  /// silent for 3 s (6 s the next time, and so on) give way to dials that had fewer turns, until
  /// they authenticate. Range 1 to 10 million. Default: one full node.
  std::uint64_t max_pending_outbound = 256;
  /// Refused connections that are being told why; above it, and always at 0, they are reset.
  /// Range 0 to 10 million.
  std::uint64_t max_lingering_refusals = 256;
  /// Bytes one connection, pending or established, is reckoned at against max_memory. Range 1
  /// to 10^15. Default: what a node with sessions uses, rounded up.
  std::uint64_t connection_memory = 64 << 10;
  /// Bytes for all connections; for one more the longest silent arrival or attempt goes, of what is
  /// more, or else the arrival, MemoryLimitReached; dials wait. 0: no limit. Range 0 to 10^15.
  std::uint64_t max_memory = 0;
  friend bool operator==(const limit_options&, const limit_options&) = default;
};

/// Address ranges that subnet limits, subnet accept rates and subnet breakers leave alone.
enum class subnet_exemption : std::uint8_t {
  none,
  loopback,        ///< 127.0.0.0/8 and ::1
  private_ranges,  ///< `private`: also RFC 1918, fc00::/7 (RFC 4193), 169.254.0.0/16, fe80::/10
};

/// Subnets are counted at two widths per family; IPv4-mapped IPv6 addresses count as IPv4.
struct subnet_options {
  /// Prefix length of a narrow IPv4 subnet. Range 1 to 32. Default: one address.
  std::uint64_t subnet_v4_narrow = 32;
  /// Prefix length of a wide IPv4 subnet. Range 1 to 32.
  std::uint64_t subnet_v4_wide = 24;
  /// Prefix length of a narrow IPv6 subnet. Range 1 to 128. Default: one customer (RFC 6177).
  std::uint64_t subnet_v6_narrow = 64;
  /// Prefix length of a wide IPv6 subnet. Range 1 to 128. Default: one site (RFC 6177).
  std::uint64_t subnet_v6_wide = 48;
  /// Established connections with one narrow subnet at most; one more is refused with
  /// SubnetLimitReached. 0: no limit. Range 0 to 10 million. Default: go-libp2p.
  std::uint64_t max_connections_per_narrow_subnet = 8;
  /// Established connections with one wide subnet at most; one more is refused with
  /// SubnetLimitReached. 0: no limit. Range 0 to 10 million. Default: go-libp2p.
  std::uint64_t max_connections_per_wide_subnet = 64;
  /// Inbound connections of one wide subnet that are not ready at most, so that no subnet alone
  /// uses up max_pending_inbound; for one more the oldest of that subnet makes room as there. 0:
  /// no limit. Range 0 to 10 million. Default: as many as may be established.
  std::uint64_t max_pending_per_wide_subnet = 64;
  /// Addresses that subnet limits, rates and breakers leave alone: none, loopback, or private
  /// (RFC 1918, RFC 4193, link-local and loopback). Default: clusters share subnets.
  subnet_exemption subnet_exempt = subnet_exemption::private_ranges;
  friend bool operator==(const subnet_options&, const subnet_options&) = default;
};

/// Token buckets for arriving connections: `rate` tokens a second, at most `burst` of them.
struct accept_rate_options {
  /// Arriving connections a second of the whole node, above accept_burst at once; more are
  /// reset with RateLimited. 0: no limit. Range 0 to 10^9.
  double accept_rate = 0;
  /// Arrivals at once before accept_rate holds. Range 1 to 10 million.
  std::uint64_t accept_burst = 64;
  /// Arriving connections a second of one narrow subnet; more are reset with RateLimited. 0: no
  /// limit. Range 0 to 10^9. Default: go-libp2p.
  double subnet_accept_rate = 0.2;
  /// Arrivals at once of one narrow subnet before subnet_accept_rate holds. Range 1 to 10
  /// million. Default: go-libp2p.
  std::uint64_t subnet_accept_burst = 16;
  /// Subnets without connections whose rate or breaker is remembered. Range 1 to 10 million.
  std::uint64_t max_remembered_subnets = 4096;
  friend bool operator==(const accept_rate_options&, const accept_rate_options&) = default;
};

/// What the operator said about peers and networks.
struct access_options {
  /// Denied and allowed peers and networks at most; of bans that expire the next to do so makes
  /// room, otherwise one more is ignored. Range 0 to 10 million.
  std::uint64_t max_access_rules = 65536;
  /// Peers protected, tagged or kept alive at most; one more is ignored. Range 0 to 10 million.
  std::uint64_t max_marked_peers = 4096;
  friend bool operator==(const access_options&, const access_options&) = default;
};

/// Ends that take their time.
struct ending_options {
  /// From connected or accepted to ready. Range 1 ms to 1 year. Default: go-libp2p.
  duration handshake_timeout = std::chrono::seconds(15);
  /// A refused peer that was told why is aborted when it is still there after this, or after three
  /// probe timeouts (at most handshake_timeout) when that is longer. Range 1 ms to 1 year.
  duration refusal_linger = std::chrono::seconds(1);
  /// A closed connection may drain this long before it is aborted, or for three probe timeouts (at
  /// most 60 s) when that is longer and it makes no room for another. Range 1 ms to 1 year.
  duration close_linger = std::chrono::seconds(1);
  /// Shutdown is complete within this, whatever the peers do; connections drain for three
  /// quarters of it. Range 1 ms to 1 year. Default: the node this one replaces.
  duration shutdown_timeout = std::chrono::seconds(2);
  /// Peers are told at shutdown not to come back before a time drawn from half of this to all
  /// of it, so that they do not come back together. Range 0 to 1 year.
  duration shutdown_retry_after = std::chrono::seconds(30);
  friend bool operator==(const ending_options&, const ending_options&) = default;
};

/// When a ready connection is idle, and when it is dead.
struct liveness_options {
  /// A connection without an open application stream is closed this long after its last
  /// application byte, or after idle_floor_probes probe timeouts when that is longer. Range 1
  /// ms to 1 year. Default: the node this one replaces.
  duration connection_timeout = std::chrono::seconds(30);
  /// Each connection's connection_timeout is longer by a part of it drawn from 0 to this, so that
  /// connections that fell silent together do not close, and come back, together. 0.05 is 5 %.
  /// Range 0 to 1.
  double idle_jitter = 0.05;
  /// A connection is never idle sooner than this many probe timeouts (SRTT + 4 RTTVAR; RFC
  /// 9002, 6.2). Range 0 to 100. Default: RFC 9000, 10.1.
  std::uint64_t idle_floor_probes = 3;
  /// What received nothing for this long is probed. Range 1 ms to 1 year. Default: js-libp2p.
  duration liveness_interval = std::chrono::seconds(10);
  /// A probe is missed when nothing came for this long after it, or for seven probe timeouts
  /// (three retransmissions; at most 60 s) if longer. Range 1 ms to 1 year. Default: js-libp2p.
  duration liveness_timeout = std::chrono::seconds(10);
  /// Missed probes in a row after which a connection is aborted. At 1 a single slow answer
  /// closes. Range 1 to 1000.
  std::uint64_t liveness_misses = 3;
  friend bool operator==(const liveness_options&, const liveness_options&) = default;
};

/// Jitter: what a delay is drawn from (Brooker, "Exponential Backoff And Jitter", AWS 2015).
enum class backoff_strategy : std::uint8_t {
  none,          ///< no delay at all
  exponential,   ///< min(cap, base * multiplier^(n-1)), exactly
  equal,         ///< half of that, and U(0, half)
  full,          ///< U(0, that)
  decorrelated,  ///< min(cap, U(base, 3 * previous))
};

/// After n consecutive failures the ceiling is min(cap, base * multiplier^(n-1)).
struct backoff_options {
  /// How a delay follows from the ceiling: none, exponential (the ceiling), equal (half and up
  /// to half more), full (up to the ceiling), or decorrelated (base to three times the last
  /// delay). Default: AWS, "Exponential Backoff And Jitter".
  tandem::backoff_strategy backoff_strategy = tandem::backoff_strategy::full;
  /// Ceiling of the delay after the first failed dial. Range 1 ms to 1 year. Default: gRPC.
  duration backoff_base = std::chrono::seconds(1);
  /// The ceiling grows by this factor per consecutive failure; 1 keeps it. Range 1 to 100.
  /// Default: AWS, full jitter.
  double backoff_multiplier = 2.0;
  /// The ceiling grows no further. Range 1 ms to 1 year. Default: half of gRPC's, so that all
  /// clients of a peer that was away are back within 90 s of its return, however long it was away.
  duration backoff_cap = std::chrono::seconds(60);
  /// A connection that lasted this long clears the failures of its peer, if the last is as old.
  /// Range 1 ms to 1 year.
  duration backoff_reset_after = std::chrono::seconds(60);
  /// Each such time without a failure takes one failure off. Range 1 ms to 1 year.
  duration backoff_refund = std::chrono::minutes(10);
  /// Failure records of peers that are not connected; the one that would be forgotten soonest
  /// makes room. Range 1 to 10 million.
  std::uint64_t max_remembered_peers = 4096;
  /// Failure records of addresses; the one that would be forgotten soonest makes room. Range 1
  /// to 10 million.
  std::uint64_t max_remembered_addresses = 4096;
  friend bool operator==(const backoff_options&, const backoff_options&) = default;
};

/// Circuit breakers: of a peer, of a wide subnet, and of this node's own uplink.
struct breaker_options {
  /// Consecutive failures that open a peer's circuit. Range 1 to 1 million. Default: Envoy.
  std::uint64_t breaker_failures = 5;
  /// How long the circuit stays open the first time at most; each opening in a row doubles it. How
  /// long it is open is drawn from half of that to all of it. The next dial comes then, or at the
  /// end of the backoff when that is later. Range 1 ms to 1 year. Default: Envoy.
  duration breaker_open = std::chrono::seconds(30);
  /// The circuit of a peer or subnet never stays open for longer, and no peer is left alone for
  /// longer because it asked for it (and up to a quarter more, so that not all whom it told the
  /// same come back together). Range 1 ms to 1 year. Default: as backoff_cap.
  duration breaker_open_max = std::chrono::seconds(60);
  /// Dials at one time through a half-open circuit. Range 1 to 1000.
  std::uint64_t breaker_trials = 1;
  /// Consecutive failures of any peers that open the circuit of their wide subnet. 0: never.
  /// Range 0 to 1 million.
  std::uint64_t subnet_breaker_failures = 20;
  /// When so many different peers fail in a row and nothing is received in between or while
  /// they are waited for, this node is taken to be offline: nobody is blamed, and dials to
  /// those who were silent wait for a trial. A node that dials fewer peers than this never is.
  /// 0: never. Range 0 to 64.
  std::uint64_t uplink_failures = 8;
  /// While offline one of those who were silent is tried after a time drawn from half of this
  /// to all of it; whoever was not is dialled as ever. Range 1 ms to 1 year.
  duration uplink_retry = std::chrono::seconds(5);
  friend bool operator==(const breaker_options&, const breaker_options&) = default;
};

/// How dials are tried and how many wait.
struct dialing_options {
  /// One address may take this long to connect. Range 1 ms to 1 year. Default: go-libp2p.
  duration attempt_timeout = std::chrono::seconds(15);
  /// A whole dial, all its addresses and the handshake, may take this long. Range 1 ms to 1
  /// year. Default: go-libp2p.
  duration dial_timeout = std::chrono::seconds(60);
  /// The next address of a dial is tried beside those before it after this, or when the last one
  /// failed. Range 1 ms to 1 year. Default: RFC 8305, section 5.
  duration attempt_delay = std::chrono::milliseconds(250);
  /// Dials that the manager begins by itself are spread over this long: the first one of a
  /// protected peer, so that nodes that start together do not dial in one instant, and the one
  /// after the loss of a connection, which comes backoff_base and a part of this later; a part of
  /// eight times this when it was lost in silence, by all its peers in one instant. Dials that the
  /// application asks for by name are not delayed. Range 0 to 1 year. Default: the dials of 2000
  /// nodes are 1000 a second, and after a silence as long as their attempts take (attempt_timeout).
  duration start_spread = std::chrono::seconds(2);
  /// Attempts at one peer at one time. 1: address by address. Range 1 to 16. Default: go-libp2p.
  std::uint64_t max_attempts_per_peer = 8;
  /// Dial requests that wait for addresses, for a pending slot or for another request's dial;
  /// one more fails with PendingLimitReached. Redials of protected peers take no place. At 0
  /// none may wait. Range 0 to 10 million.
  std::uint64_t max_queued_requests = 1024;
  friend bool operator==(const dialing_options&, const dialing_options&) = default;
};

enum class eviction_mode : std::uint8_t {
  off,     ///< a full node refuses
  scored,  ///< an authenticated newcomer may take the place of the worst of a random sample
};

/// Who goes when the node is full. Protected peers never do.
struct eviction_options {
  /// What a full node does with an authenticated newcomer: off refuses it; scored gives it the
  /// place of the worst connection of a random sample.
  eviction_mode eviction = eviction_mode::off;
  /// Connections looked at to find the worst. Range 1 to 4096. Default: the sample of which the
  /// worst is in the worst sixth with 95 %.
  std::uint64_t eviction_sample = 16;
  /// One eviction in this time at most: newcomers cannot sweep a node. Range 1 ms to 1 year.
  duration eviction_interval = std::chrono::seconds(1);
  /// An evicted peer is refused, and not dialled, for this long. Range 0 to 1 year.
  duration eviction_penalty = std::chrono::seconds(60);
  /// A full node closes one unprotected connection, chosen at random, this often, so that the
  /// network does not freeze (geth 31476). 0: never. Range 0 to 1 year.
  duration churn_interval{};
  friend bool operator==(const eviction_options&, const eviction_options&) = default;
};

/// Everything the connection manager can be told: the options of its policies, under one name each
/// in C++, YAML, Python and on the command line, from option_table().
struct manager_options : limit_options,
                         subnet_options,
                         accept_rate_options,
                         access_options,
                         ending_options,
                         liveness_options,
                         backoff_options,
                         breaker_options,
                         dialing_options,
                         eviction_options {
  friend bool operator==(const manager_options&, const manager_options&) = default;
};

/// What the redials after a silence are spread over, see start_spread.
constexpr duration silence_spread(const dialing_options& o) noexcept { return 8 * o.start_spread; }

/// One relation between options that does not hold.
struct option_problem {
  std::string field;    ///< the name users know
  std::string message;  ///< names both fields and values where two disagree
};

/// Everything wrong with `options`; empty when they can be used.
std::vector<option_problem> problems_of(const manager_options& options);

}  // namespace tandem
