// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "core/policy/backoff.hpp"
#include "core/policy/circuit_breaker.hpp"
#include "core/policy/failure_class.hpp"
#include "core/policy/refusal.hpp"
#include "tandem/core/cause.hpp"
#include "tandem/core/connection_manager.hpp"
#include "tandem/core/explanation.hpp"
#include "tandem/core/options.hpp"
#include "tandem/core/random.hpp"
#include "tandem/core/time.hpp"

#include <algorithm>
#include <cstdint>

namespace tandem::detail {

/// How long to leave a peer alone that asked for `asked`: for no more than the breaker would take,
/// and a drawn time longer, since it may have told everybody the same.
duration named_wait(duration asked, const breaker_options& options, random_stream& random) noexcept;

/// What one peer did to earn a delay, dialled or dialling: a backoff, a circuit breaker, and a
/// penalty that is no failure. For dials there is one next-try time, next_dial(): the latest of
/// what the three say. An open circuit is half-open exactly then. A plain value; time and
/// randomness are parameters.
class failure_record {
 public:
  /// The peer failed at `now`. A remote_limit feeds the backoff alone, and closes the circuit: the
  /// peer lives. Returns true when the circuit opened.
  bool failed(time_point now, const manager_options& options, random_stream& random, cause why,
              failure_class what, duration retry_after) noexcept;
  /// The peer asked not to be dialled before `until`.
  void postpone(time_point until) noexcept;
  /// The peer is neither dialled nor accepted before `until`, for our own reasons.
  void penalise(time_point until) noexcept;

  /// Why no dial may start at `now`.
  refusal dial_refusal(time_point now, const breaker_options& options) const noexcept;
  /// Whether its last failure was that it could not be reached, and nothing else holds it back.
  bool was_unreachable(time_point now) const noexcept {
    return is_about_path(what_) && is_unreachable(why_) && now >= penalty_until_;
  }
  /// Why no connection of the peer's own may be had at `now`.
  refusal accept_refusal(time_point now) const noexcept;
  /// A dial starts.
  circuit_breaker::start dial_starts(time_point now) noexcept { return breaker_.starts(now); }
  /// A dial that started as a trial is over.
  void trial_ends() noexcept { breaker_.trial_ends(); }
  /// A connection with the peer is ready: the circuit closes, the failures stay. Returns true when
  /// the circuit was not closed.
  bool succeeded() noexcept {
    silent_at_ = time_point::min();
    return breaker_.succeeded();
  }
  /// A connection lasted long enough, and since the last failure: all is forgotten.
  void clear() noexcept { restore({}); }
  /// It did not answer at `now`, for which it may not be to blame.
  void silent(time_point now) noexcept { silent_at_ = now; }
  time_point silent_at() const noexcept { return silent_at_; }
  /// Takes `before` back, as if nothing had happened since but silence.
  void restore(const failure_record& before) noexcept;
  /// Dials and connections are allowed again, whatever was; the count of failures stays.
  void override_backoff() noexcept;
  /// Another network: the same when the last failure was about the path.
  void network_changed() noexcept;

  /// Consecutive failures, less refunds.
  std::uint32_t failures(time_point now, const backoff_options& options) const noexcept {
    return backoff_.failures(now, options.backoff_refund);
  }
  duration ceiling() const noexcept { return backoff_.ceiling(); }
  time_point last_failure() const noexcept { return backoff_.last_failure(); }
  cause why() const noexcept { return why_; }
  /// The end of the backoff alone, for notices.
  time_point until() const noexcept { return backoff_.until(); }
  /// When a dial is allowed again, backoff, breaker and penalty considered, as far as time alone
  /// decides.
  time_point next_dial(time_point now) const noexcept;
  /// Which of them decides next_dial(); none when it is past and no trial is waited for.
  try_policy decides(time_point now, const breaker_options& options) const noexcept;
  /// When a penalty ends or ended; before `never`.
  time_point penalty_end() const noexcept { return std::min(penalty_until_, never - duration(1)); }
  circuit_state circuit(time_point now) const noexcept { return breaker_.state(now); }
  /// When there will be nothing to remember.
  time_point expiry(const backoff_options& options) const noexcept;
  bool blank(time_point now, const backoff_options& options) const noexcept {
    return expiry(options) <= now;
  }

  TANDEM_FIELDS(backoff_, breaker_, penalty_until_, silent_at_, why_, what_, asked_)

 private:
  backoff_count backoff_;
  circuit_breaker breaker_;
  time_point penalty_until_ = time_point::min();
  time_point silent_at_ = time_point::min();
  cause why_ = cause::none;
  failure_class what_ = failure_class::none;
  bool asked_ = false;  ///< the end of the backoff is the time that the peer named
};

}  // namespace tandem::detail
