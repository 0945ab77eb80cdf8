// SPDX-License-Identifier: MIT
#include "failure_record.hpp"

#include <algorithm>
#include <limits>

namespace tandem::detail {

duration backoff_ceiling(const manager_options& options, std::uint32_t failures) noexcept {
  const auto cap = static_cast<double>(options.backoff_cap.count());
  auto value = static_cast<double>(options.backoff_base.count());
  // Multiplied out rather than std::pow, which differs between C libraries.
  if (options.backoff_multiplier > 1)
    for (std::uint32_t n = 1; n < failures && value < cap; ++n) value *= options.backoff_multiplier;
  return value < cap ? duration(static_cast<duration::rep>(value)) : options.backoff_cap;
}

duration open_period(const manager_options& options, std::uint32_t openings) noexcept {
  duration value = options.breaker_open;
  for (std::uint32_t n = 1; n < openings && value < options.breaker_open_max; ++n) value *= 2;
  return std::min(value, options.breaker_open_max);
}

bool failure_record::failed(time_point now, const manager_options& options, random_stream& random,
                            cause why, bool feeds_breaker, duration retry_after) noexcept {
  const bool was_trial = trial_;
  trial_ = false;
  why_ = why;
  if (failures_ < std::numeric_limits<std::uint32_t>::max()) ++failures_;
  ceiling_ = backoff_ceiling(options, failures_);
  const duration delay(random.up_to(static_cast<std::uint64_t>(ceiling_.count())));
  // A peer may ask for more time, but not for more than the breaker would take.
  until_ = later(now, std::max(delay, std::min(retry_after, options.breaker_open_max)));

  if (!feeds_breaker) {
    if (was_trial) circuit_ = circuit_state::closed, breaker_failures_ = 0;
    return false;
  }
  if (breaker_failures_ < std::numeric_limits<std::uint32_t>::max()) ++breaker_failures_;
  const bool opens =
      circuit_ == circuit_state::half_open ||
      (circuit_ == circuit_state::closed && breaker_failures_ >= options.breaker_failures);
  if (!opens) return false;
  circuit_ = circuit_state::open;
  if (openings_ < std::numeric_limits<std::uint32_t>::max()) ++openings_;
  open_until_ = later(now, open_period(options, openings_));
  return true;
}

failure_record::verdict failure_record::may_dial(time_point now) const noexcept {
  if (circuit_ == circuit_state::open && now < open_until_)
    return {cause::circuit_open, next_dial()};
  if (circuit_ == circuit_state::half_open && trial_) return {cause::circuit_open, never};
  if (now < until_) return {cause::backing_off, until_};
  return {};
}

bool failure_record::dial_starts(time_point now) noexcept {
  if (circuit_ == circuit_state::closed || now < open_until_) return false;
  const bool changes = circuit_ == circuit_state::open;
  circuit_ = circuit_state::half_open;
  trial_ = true;
  return changes;
}

bool failure_record::succeeded() noexcept {
  const bool changes = circuit_ != circuit_state::closed;
  circuit_ = circuit_state::closed;
  breaker_failures_ = 0;
  trial_ = false;
  return changes;
}

void failure_record::override_backoff() noexcept {
  until_ = time_point::min();
  open_until_ = time_point::min();
}

time_point failure_record::next_dial() const noexcept {
  return circuit_ == circuit_state::open ? std::max(until_, open_until_) : until_;
}

circuit_state failure_record::circuit(time_point now) const noexcept {
  return circuit_ == circuit_state::open && now >= open_until_ ? circuit_state::half_open
                                                               : circuit_;
}

}  // namespace tandem::detail
