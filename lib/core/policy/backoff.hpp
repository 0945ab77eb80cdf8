// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "tandem/core/options.hpp"
#include "tandem/core/random.hpp"
#include "tandem/core/time.hpp"

#include <cstdint>

namespace tandem::detail {

/// min(cap, base * multiplier^(n-1)) for n >= 1, in integers. With a multiplier so close to 1 that
/// the cap is not reached after 1024 failures the ceiling grows no further then.
duration backoff_ceiling(const backoff_options& options, std::uint32_t n) noexcept;

struct backoff_delay {
  duration delay{};
  duration ceiling{};  ///< the most it could have been
};

/// The delay after the n-th consecutive failure (n >= 1), the one before it having been `previous`
/// (Brooker, "Exponential Backoff And Jitter", AWS 2015). Takes exactly one number from `random`,
/// whatever the strategy.
backoff_delay next_backoff(const backoff_options& options, std::uint32_t n, duration previous,
                           random_stream& random) noexcept;

/// What is left of `count` failures, the last of them at `last`, when each `refund` takes one off.
std::uint32_t left_of(std::uint32_t count, time_point last, time_point now,
                      duration refund) noexcept;
/// When nothing will be left of them; before `never`.
time_point nothing_left_at(std::uint32_t count, time_point last, duration refund) noexcept;

/// Consecutive failures of something, and how long it is left alone for them. A plain value; time
/// and randomness are parameters.
class backoff_count {
 public:
  /// It failed at `now` and is left alone for the strategy's delay, or for `at_least` if longer.
  void failed(time_point now, const backoff_options& options, random_stream& random,
              duration at_least = {}) noexcept;
  /// It is left alone until `until` at least; no failure.
  void postpone(time_point until) noexcept;
  /// It was not to blame.
  void forgive() noexcept { *this = {}; }
  /// It may be tried again at once; the failures stay.
  void override_delay() noexcept { until_ = time_point::min(); }

  std::uint32_t failures(time_point now, duration refund) const noexcept {
    return left_of(failures_, last_, now, refund);
  }
  duration ceiling() const noexcept { return ceiling_; }
  time_point until() const noexcept { return until_; }
  time_point last_failure() const noexcept { return last_; }
  /// When it will be as if nothing had happened.
  time_point expiry(duration refund) const noexcept;

  TANDEM_FIELDS(previous_, ceiling_, until_, last_, failures_)

 private:
  duration previous_{};
  duration ceiling_{};
  time_point until_ = time_point::min();
  time_point last_ = time_point::min();
  std::uint32_t failures_ = 0;
};

}  // namespace tandem::detail
