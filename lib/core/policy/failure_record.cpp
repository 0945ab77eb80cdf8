// SPDX-License-Identifier: MIT
#include "core/policy/failure_record.hpp"

#include "core/mutant.hpp"
#include "core/policy/jitter.hpp"

#include <algorithm>

namespace tandem::detail {

duration named_wait(duration asked, const breaker_options& options,
                    random_stream& random) noexcept {
  if (mutant(mutation::retry_after_ignored)) return {};
  return lengthened(std::min(asked, options.breaker_open_max), random);
}

bool failure_record::failed(time_point now, const manager_options& options, random_stream& random,
                            cause why, failure_class what, duration retry_after) noexcept {
  why_ = why;
  what_ = what;
  const duration named = named_wait(retry_after, options, random);
  backoff_.failed(now, options, random, named);
  asked_ = named > duration::zero() && backoff_.until() == later(now, named);
  bool opened = false;
  if (what != failure_class::remote_limit)
    opened =
        breaker_.failed(now, options, options.breaker_failures, options.backoff_refund, random);
  else if (breaker_.state(now) == circuit_state::half_open)
    breaker_.succeeded();  // it lives; that says nothing while the circuit is closed
  breaker_.postpone(std::max(backoff_.until(), penalty_until_));
  return opened;
}

refusal failure_record::dial_refusal(time_point now,
                                     const breaker_options& options) const noexcept {
  if (!breaker_.passes(now, options.breaker_trials)) {
    const time_point until = breaker_.until(now);
    return {.why = cause::circuit_open, .until = until, .waits = until == never};
  }
  const time_point delayed = std::max(backoff_.until(), penalty_until_);
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
  asked_ = before.asked_;
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
  breaker_.postpone(penalty_until_);
}

void failure_record::postpone(time_point until) noexcept {
  if (until > backoff_.until()) asked_ = true;
  if (is_about_path(what_)) what_ = failure_class::remote_limit;  // it lives, and was reached
  backoff_.postpone(until);
  breaker_.postpone(until);
}

void failure_record::penalise(time_point until) noexcept {
  penalty_until_ = std::max(penalty_until_, until);
  breaker_.postpone(until);
}

time_point failure_record::next_dial(time_point now) const noexcept {
  // An open circuit is so until then, see postpone().
  return breaker_.state(now) == circuit_state::open ? breaker_.until(now)
                                                    : std::max(backoff_.until(), penalty_until_);
}

try_policy failure_record::decides(time_point now, const breaker_options& options) const noexcept {
  const time_point next = next_dial(now);
  if (next <= now)
    return breaker_.passes(now, options.breaker_trials) ? try_policy::none : try_policy::circuit;
  if (next == penalty_until_) return try_policy::penalty;
  if (next > backoff_.until()) return try_policy::circuit;
  return asked_ ? try_policy::asked : try_policy::backoff;
}

time_point failure_record::expiry(const backoff_options& options) const noexcept {
  return std::max({backoff_.expiry(options.backoff_refund), breaker_.expiry(options.backoff_refund),
                   penalty_end(),
                   nothing_left_at(silent_at_ == time_point::min() ? 0 : 1, silent_at_,
                                   options.backoff_refund)});
}

}  // namespace tandem::detail
