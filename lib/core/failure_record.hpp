// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/cause.hpp"
#include "tandem/core/connection_manager.hpp"
#include "tandem/core/options.hpp"
#include "tandem/core/random.hpp"
#include "tandem/core/time.hpp"

#include <cstdint>

namespace tandem::detail {

/// The most the delay after `failures` >= 1 consecutive failures can be:
/// min(cap, base * multiplier^(failures-1)).
duration backoff_ceiling(const manager_options& options, std::uint32_t failures) noexcept;

/// How long the circuit stays open the `openings`-th time in a row (>= 1):
/// min(breaker_open_max, breaker_open * 2^(openings-1)).
duration open_period(const manager_options& options, std::uint32_t openings) noexcept;

/// What one peer did to earn a delay: exponential backoff with full jitter, and a circuit breaker.
/// A plain value; time and randomness are parameters.
class failure_record {
 public:
  struct verdict {
    cause why = cause::none;  ///< none: a dial may start; else backing_off or circuit_open
    time_point until = never;
  };

  /// A dial failed at `now`. Without `feeds_breaker` (the peer refused, so it lives) only the
  /// backoff grows, and a trial closes the circuit. Returns true when the circuit opened.
  bool failed(time_point now, const manager_options& options, random_stream& random, cause why,
              bool feeds_breaker, duration retry_after) noexcept;
  /// Whether a dial may start at `now`.
  verdict may_dial(time_point now) const noexcept;
  /// A dial starts. Returns true when it is the trial that half-opens the circuit.
  bool dial_starts(time_point now) noexcept;
  /// A dial ended without saying anything about the peer.
  void dial_ended_silently() noexcept { trial_ = false; }
  /// A connection with the peer is ready: the circuit closes, the failures stay. Returns true when
  /// the circuit was not closed.
  bool succeeded() noexcept;
  /// A connection lasted long enough: all is forgotten.
  void clear() noexcept { *this = failure_record{}; }
  /// Dials are allowed again, whatever was: the count of failures stays.
  void override_backoff() noexcept;

  std::uint32_t failures() const noexcept { return failures_; }
  duration ceiling() const noexcept { return ceiling_; }
  cause why() const noexcept { return why_; }
  /// The end of the backoff alone, for notices.
  time_point until() const noexcept { return until_; }
  /// When a dial is allowed again, backoff and breaker both considered.
  time_point next_dial() const noexcept;
  circuit_state circuit(time_point now) const noexcept;
  /// Nothing to remember.
  bool blank() const noexcept { return failures_ == 0; }

 private:
  std::uint32_t failures_ = 0;          // consecutive, refusals included
  std::uint32_t breaker_failures_ = 0;  // consecutive, refusals left out
  std::uint32_t openings_ = 0;
  circuit_state circuit_ = circuit_state::closed;
  bool trial_ = false;
  cause why_ = cause::none;
  duration ceiling_{};
  time_point until_ = time_point::min();
  time_point open_until_ = time_point::min();
};

}  // namespace tandem::detail
