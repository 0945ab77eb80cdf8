// SPDX-License-Identifier: MIT
#include "core/policy/failure_record.hpp"

#include <algorithm>

namespace tandem::detail {

bool failure_record::failed(time_point now, const manager_options& options, random_stream& random,
                            cause why, failure_class what, duration retry_after) noexcept {
  why_ = why;
  what_ = what;
  // A peer may ask for more time, but not for more than the breaker would take.
  backoff_.failed(now, options, random, std::min(retry_after, options.breaker_open_max));
  if (what != failure_class::remote_limit)
    return breaker_.failed(now, options, options.breaker_failures, options.backoff_refund);
  // A failure that proves the peer alive says nothing while the circuit is closed.
  if (breaker_.state(now) == circuit_state::half_open) breaker_.succeeded();
  return false;
}

refusal failure_record::dial_refusal(time_point now,
                                     const breaker_options& options) const noexcept {
  const time_point delayed = std::max(backoff_.until(), penalty_until_);
  if (!breaker_.passes(now, options.breaker_trials)) {
    const time_point until = breaker_.until(now);
    return {.why = cause::circuit_open, .until = until == never ? never : std::max(until, delayed)};
  }
  if (now < delayed) return {.why = cause::backing_off, .until = delayed};
  return {};
}

refusal failure_record::accept_refusal(time_point now) const noexcept {
  const time_point until =
      holds_inbound(what_) ? std::max(backoff_.until(), penalty_until_) : penalty_until_;
  if (now < until) return {.why = cause::backing_off, .until = until};
  return {};
}

void failure_record::restore(const failure_record& before) noexcept {
  backoff_ = before.backoff_;
  breaker_.restore(before.breaker_);
  penalty_until_ = std::max(penalty_until_, before.penalty_until_);
  why_ = before.why_;
  what_ = before.what_;
}

void failure_record::override_backoff() noexcept {
  backoff_.override_delay();
  breaker_.override_period();
  penalty_until_ = time_point::min();
}

void failure_record::network_changed() noexcept {
  if (!is_about_path(what_)) return;
  backoff_.override_delay();
  breaker_.override_period();
}

time_point failure_record::next_dial(time_point now) const noexcept {
  const time_point open = breaker_.until(now);
  return std::max({backoff_.until(), penalty_until_, open == never ? time_point::min() : open});
}

time_point failure_record::expiry(const backoff_options& options) const noexcept {
  return std::max({backoff_.expiry(options.backoff_refund), breaker_.expiry(options.backoff_refund),
                   penalty_end()});
}

}  // namespace tandem::detail
