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

/// Everything the connection manager can be told. The same names in C++, YAML, Python and on the
/// command line; option_table() describes each with unit, default, range and origin.
struct manager_options {
  // Limits.
  std::uint64_t max_connections = 256;
  std::uint64_t max_connections_per_peer = 2;
  std::uint64_t max_pending_inbound = 512;
  std::uint64_t max_pending_outbound = 256;
  std::uint64_t max_lingering_refusals = 256;
  std::uint64_t max_queued_requests = 1024;
  std::uint64_t max_remembered_peers = 4096;

  // Timeouts.
  duration connection_timeout = std::chrono::seconds(30);
  duration attempt_timeout = std::chrono::seconds(15);
  duration dial_timeout = std::chrono::seconds(60);
  duration handshake_timeout = std::chrono::seconds(15);
  duration refusal_linger = std::chrono::seconds(1);
  duration close_linger = std::chrono::seconds(1);
  duration shutdown_timeout = std::chrono::seconds(2);

  // Liveness.
  duration liveness_interval = std::chrono::seconds(10);
  std::uint64_t liveness_misses = 3;

  // Backoff: after n consecutive failures the ceiling is min(cap, base * multiplier^(n-1)) and the
  // delay is uniform in [0, ceiling] (full jitter).
  duration backoff_base = std::chrono::seconds(1);
  double backoff_multiplier = 2.0;
  duration backoff_cap = std::chrono::seconds(120);
  duration backoff_reset_after = std::chrono::seconds(60);

  // Circuit breaker.
  std::uint64_t breaker_failures = 5;
  duration breaker_open = std::chrono::seconds(30);
  duration breaker_open_max = std::chrono::seconds(300);

  friend bool operator==(const manager_options&, const manager_options&) = default;
};

/// Describes one field of manager_options, for parsers, `--help` and documentation.
struct option_row {
  std::string_view name;
  std::variant<std::uint64_t manager_options::*, duration manager_options::*,
               double manager_options::*>
      field;
  double least;           ///< smallest allowed value: a count, seconds or a ratio
  double most;            ///< largest allowed value, in the same unit
  std::string_view doc;   ///< what it does, its extremes, and where the default comes from
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
