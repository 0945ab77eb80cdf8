// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/counter_table.hpp"
#include "tandem/scenarios/expectation.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace tandem::scenarios {

/// Numbers by cause: `refusals.LimitReached`.
enum class family : std::uint8_t {
  refusals,
  told,
  closed,
  closed_by_us,
  closed_by_them,
  dial_failed,
  attempt_failed,
  handshake_failed,
  approached,
};
inline constexpr std::size_t families_count = 9;

/// Numbers that a tracker counts by itself. What each is: measure_rows.cpp.
enum class tally : std::uint8_t {
  dials,
  attempts,
  dials_succeeded,
  dials_failed,
  dials_joined,
  address_attempts,
  syns,
  arrivals,
  refused,
  handshakes_failed,
  closed_by_us,
  closed_by_them,
  connections_lost,
  backoffs,
  circuits_opened,
  circuits_half_opened,
  circuits_closed,
  went_offline,
  probes,
  probes_answered,
  sends,
  sends_without_connection,
  sends_refused,
  messages_received,
  requests,
  requests_answered,
  requests_failed,
  streams,
  streams_finished,
  streams_failed,
  application_bytes,
  kills,
  alive,
  wanted,
  missing,
  queue_drops,
  queue_drops_early,
  queued_packets,
  queued_bytes,
};
inline constexpr std::size_t tallies_count = 39;

enum class spread : std::uint8_t {
  idle_close_after,
  dial_time,
  failure_time,
  attempt_gap,
  backoff_fraction,
  connection_age,
  round_trip,
  request_time,
  stream_time,
};
inline constexpr std::size_t spreads_count = 9;

/// The layout of measures(): the documented metrics, the other counters, then one block per family,
/// then tallies, then spreads.
std::size_t measure_of(std::size_t counter_row) noexcept;
std::size_t measure_of(family of, cause why);
std::size_t measure_of(tally what);
std::size_t measure_of(spread what);
/// Numbers are measures [0, numbers_count()).
std::size_t numbers_count();

/// The rows of counter_table() that samples keep.
std::span<const std::size_t> sampled_rows();

}  // namespace tandem::scenarios
