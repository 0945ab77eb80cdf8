// SPDX-License-Identifier: MIT
#include "core/policy/circuit_breaker.hpp"

#include "core/mutant.hpp"
#include "core/policy/backoff.hpp"
#include "core/policy/jitter.hpp"

#include <algorithm>
#include <limits>

namespace tandem::detail {

namespace {
constexpr std::uint32_t count_most = std::numeric_limits<std::uint32_t>::max();
}

duration open_period(const breaker_options& options, std::uint32_t openings) noexcept {
  duration value = options.breaker_open;
  for (std::uint32_t n = 1; n < openings && value < options.breaker_open_max; ++n) value *= 2;
  return std::min(value, options.breaker_open_max);
}

bool circuit_breaker::passes(time_point now, std::uint64_t trials_max) const noexcept {
  switch (state_) {
    case circuit_state::closed:
      return true;
    case circuit_state::open:
      return now >= open_until_ && trials_ < trials_max;
    case circuit_state::half_open:
      return trials_ < trials_max;
  }
  return true;
}

time_point circuit_breaker::until(time_point now) const noexcept {
  if (state_ == circuit_state::closed) return time_point::min();
  return state_ == circuit_state::open && now < open_until_ ? open_until_ : never;
}

circuit_breaker::start circuit_breaker::starts(time_point now) noexcept {
  if (state_ == circuit_state::closed || (state_ == circuit_state::open && now < open_until_))
    return {};
  const bool opens = state_ == circuit_state::open;
  state_ = circuit_state::half_open;
  ++trials_;
  return {true, opens};
}

void circuit_breaker::trial_ends() noexcept {
  if (trials_ > 0) --trials_;
}

bool circuit_breaker::failed(time_point now, const breaker_options& options,
                             std::uint64_t failures_max, duration refund,
                             random_stream& random) noexcept {
  failures_ = failures(now, refund);
  if (failures_ < count_most) ++failures_;
  last_ = now;
  // While it is open only what began before ends.
  if (state_ == circuit_state::open && now < open_until_) return false;
  if (state_ == circuit_state::closed && failures_ < failures_max) return false;
  if (mutant(mutation::breaker_never_opens)) return false;
  state_ = circuit_state::open;
  if (openings_ < count_most) ++openings_;
  open_until_ = later(now, shortened(open_period(options, openings_), random));
  return true;
}

void circuit_breaker::postpone(time_point until) noexcept {
  if (state_ == circuit_state::open) open_until_ = std::max(open_until_, until);
}

bool circuit_breaker::succeeded() noexcept {
  const bool changes = state_ != circuit_state::closed;
  state_ = circuit_state::closed;
  failures_ = 0;
  open_until_ = time_point::min();
  return changes;
}

circuit_state circuit_breaker::state(time_point now) const noexcept {
  return state_ == circuit_state::open && now >= open_until_ ? circuit_state::half_open : state_;
}

std::uint32_t circuit_breaker::failures(time_point now, duration refund) const noexcept {
  return left_of(failures_, last_, now, refund);
}

time_point circuit_breaker::expiry(duration refund) const noexcept {
  if (trials_ > 0) return never;
  return std::max(open_until_, nothing_left_at(failures_, last_, refund));
}

void circuit_breaker::restore(const circuit_breaker& before) noexcept {
  const std::uint32_t trials = trials_;
  *this = before;
  trials_ = trials;
}

}  // namespace tandem::detail
