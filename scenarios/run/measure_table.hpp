// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/counter_table.hpp"
#include "tandem/scenarios/expectation.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tandem::scenarios {

/// The counters that are measured, by the names that scenario files know: the documented metrics
/// first.
std::span<const counter_row> counter_rows();

/// Numbers that a tracker counts by itself.
enum class tally : std::uint8_t {
  dials,
  attempts,
  dials_succeeded,
  connections_lost,  ///< with their node, which was killed
  sends,
  sends_without_connection,
  sends_refused,  ///< the backlog was full
  messages_received,
};
inline constexpr std::size_t tallies_count = 8;

enum class spread : std::uint8_t {
  idle_close_after,  ///< last application byte to the close by IdleTimeout, same node
  dial_time,         ///< dial to ready
  failure_time,      ///< dial to dial_failed, of dials that reached the network
  attempt_gap,       ///< between two attempts of one node at one peer
  backoff_fraction,  ///< the delay as a part of its ceiling
};
inline constexpr std::size_t spreads_count = 5;

/// The layout of measures(): counters, then one block per family, then tallies, then spreads.
std::size_t measure_of(std::size_t counter_row) noexcept;
std::size_t measure_of_refusal(cause why);
std::size_t measure_of_told(cause why);
std::size_t measure_of_closed(cause why);
std::size_t measure_of_dial_failed(cause why);
std::size_t measure_of(tally what);
std::size_t measure_of(spread what);
/// Numbers are measures [0, numbers_count()).
std::size_t numbers_count();

}  // namespace tandem::scenarios
