// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tandem {

/// How many connections there may be, and whose. Refusals name the limit, its value and the count.
struct limit_options {
  std::uint64_t max_connections = 256;
  std::uint64_t max_inbound_connections = 0;   ///< 0: no limit of its own
  std::uint64_t max_outbound_connections = 0;  ///< 0: no limit of its own
  std::uint64_t max_connections_per_peer = 2;
  std::uint64_t reserved_connections = 0;  ///< of max_connections, for protected peers only
  std::uint64_t max_pending_inbound = 512;
  std::uint64_t max_pending_outbound = 256;
  std::uint64_t max_lingering_refusals = 256;
  std::uint64_t connection_memory = 64 << 10;  ///< bytes one connection is reckoned at
  std::uint64_t max_memory = 0;                ///< bytes of all of them; 0: no limit
  friend bool operator==(const limit_options&, const limit_options&) = default;
};

/// Address ranges that subnet limits, subnet accept rates and subnet breakers leave alone.
enum class subnet_exemption : std::uint8_t {
  none,
  loopback,        ///< 127.0.0.0/8 and ::1
  private_ranges,  ///< and RFC 1918, RFC 4193 (fc00::/7), link-local (169.254.0.0/16, fe80::/10)
};

/// Subnets are counted at two widths per family; IPv4-mapped IPv6 addresses count as IPv4.
struct subnet_options {
  std::uint64_t subnet_v4_narrow = 32;  ///< prefix length, bits
  std::uint64_t subnet_v4_wide = 24;
  std::uint64_t subnet_v6_narrow = 64;
  std::uint64_t subnet_v6_wide = 48;
  std::uint64_t max_connections_per_narrow_subnet = 8;
  std::uint64_t max_connections_per_wide_subnet = 64;
  std::uint64_t max_pending_per_wide_subnet = 64;  ///< inbound
  subnet_exemption subnet_exempt = subnet_exemption::private_ranges;
  friend bool operator==(const subnet_options&, const subnet_options&) = default;
};

/// Token buckets for arriving connections: `rate` tokens a second, at most `burst` of them.
struct accept_rate_options {
  double accept_rate = 0;  ///< per second, of the node; 0: no limit
  std::uint64_t accept_burst = 64;
  double subnet_accept_rate = 0.2;  ///< per second, of one narrow subnet; 0: no limit
  std::uint64_t subnet_accept_burst = 16;
  std::uint64_t max_remembered_subnets = 4096;
  friend bool operator==(const accept_rate_options&, const accept_rate_options&) = default;
};

/// What the operator said about peers and networks.
struct access_options {
  std::uint64_t max_access_rules = 65536;  ///< denied or allowed peers and networks
  std::uint64_t max_marked_peers = 4096;   ///< protected, tagged or kept alive
  friend bool operator==(const access_options&, const access_options&) = default;
};

/// Ends that take their time.
struct ending_options {
  duration handshake_timeout = std::chrono::seconds(15);
  duration refusal_linger = std::chrono::seconds(1);
  duration close_linger = std::chrono::seconds(1);
  duration shutdown_timeout = std::chrono::seconds(2);
  duration shutdown_retry_after = std::chrono::seconds(30);
  friend bool operator==(const ending_options&, const ending_options&) = default;
};

/// When a ready connection is idle, and when it is dead.
struct liveness_options {
  duration connection_timeout = std::chrono::seconds(30);
  std::uint64_t idle_floor_probes = 3;  ///< probe timeouts; RFC 9000, 10.1
  duration liveness_interval = std::chrono::seconds(10);
  duration liveness_timeout = std::chrono::seconds(10);
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
  tandem::backoff_strategy backoff_strategy = tandem::backoff_strategy::full;
  duration backoff_base = std::chrono::seconds(1);
  double backoff_multiplier = 2.0;
  duration backoff_cap = std::chrono::seconds(120);
  duration backoff_reset_after = std::chrono::seconds(60);
  duration backoff_refund = std::chrono::minutes(10);
  std::uint64_t max_remembered_peers = 4096;
  std::uint64_t max_remembered_addresses = 4096;
  friend bool operator==(const backoff_options&, const backoff_options&) = default;
};

/// Circuit breakers: of a peer, of a wide subnet, and of this node's own uplink.
struct breaker_options {
  std::uint64_t breaker_failures = 5;
  duration breaker_open = std::chrono::seconds(30);
  duration breaker_open_max = std::chrono::seconds(300);
  std::uint64_t breaker_trials = 1;
  std::uint64_t subnet_breaker_failures = 20;
  std::uint64_t uplink_failures = 8;
  duration uplink_retry = std::chrono::seconds(5);
  friend bool operator==(const breaker_options&, const breaker_options&) = default;
};

/// How dials are tried and how many wait.
struct dialing_options {
  duration attempt_timeout = std::chrono::seconds(15);
  duration dial_timeout = std::chrono::seconds(60);
  duration attempt_delay = std::chrono::milliseconds(250);
  std::uint64_t max_attempts_per_peer = 8;
  std::uint64_t max_queued_requests = 1024;
  friend bool operator==(const dialing_options&, const dialing_options&) = default;
};

enum class eviction_mode : std::uint8_t {
  off,     ///< a full node refuses
  scored,  ///< an authenticated newcomer may take the place of the worst of a random sample
};

/// Who goes when the node is full. Protected peers never do.
struct eviction_options {
  eviction_mode eviction = eviction_mode::off;
  std::uint64_t eviction_sample = 16;
  duration eviction_interval = std::chrono::seconds(1);
  duration eviction_penalty = std::chrono::seconds(60);
  duration churn_interval{};  ///< zero: no churn
  friend bool operator==(const eviction_options&, const eviction_options&) = default;
};

/// Everything the connection manager can be told: the options of its policies, under one name each
/// in C++, YAML, Python and on the command line. option_table() describes each with unit, default,
/// range and origin.
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

/// An option that is one of a few names.
struct option_choice {
  std::span<const std::string_view> names;  ///< by value of the enumeration
  std::uint8_t (*get)(const manager_options&);
  void (*set)(manager_options&, std::uint8_t);
};

/// Describes one field of manager_options, for parsers, `--help` and documentation.
struct option_row {
  std::string_view name;
  std::variant<std::uint64_t manager_options::*, duration manager_options::*,
               double manager_options::*, option_choice>
      field;
  double least;          ///< smallest allowed value: a count, seconds, a ratio or index of a choice
  double most;           ///< largest allowed value, in the same unit
  std::string_view doc;  ///< what it does, its extremes, and where the default comes from
};

std::span<const option_row> option_table() noexcept;

/// The row with this name, or null.
const option_row* option_named(std::string_view name) noexcept;

/// One relation between options that does not hold.
struct option_problem {
  std::string field;    ///< the name users know
  std::string message;  ///< names both fields and values where two disagree
};

/// Everything wrong with `options`; empty when they can be used.
std::vector<option_problem> problems_of(const manager_options& options);

}  // namespace tandem
