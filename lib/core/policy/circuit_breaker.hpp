// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "tandem/core/connection_manager.hpp"
#include "tandem/core/options.hpp"
#include "tandem/core/random.hpp"
#include "tandem/core/time.hpp"

#include <cstdint>

namespace tandem::detail {

/// How long a circuit stays open the `openings`-th time in a row (>= 1):
/// min(breaker_open_max, breaker_open * 2^(openings-1)).
duration open_period(const breaker_options& options, std::uint32_t openings) noexcept;

/// Closed until there were too many failures in a row, then open for a while, then half-open: a few
/// trials at a time decide. How long is drawn: all whom one peer leaves would come back together.
/// For a peer as for a subnet. What this node itself refuses never gets
/// here (Envoy 25487). A plain value; time is a parameter.
class circuit_breaker {
 public:
  struct start {
    bool trial = false;        ///< to be ended by trial_ends() once
    bool half_opened = false;  ///< this was the first
  };

  /// Whether something may start at `now` with so many trials at a time.
  bool passes(time_point now, std::uint64_t trials_max) const noexcept;
  /// When passes() will be true; `never` while it depends on trials in progress.
  time_point until(time_point now) const noexcept;
  /// Something starts that passes() let through.
  start starts(time_point now) noexcept;
  /// A trial is over, whatever came of it; say failed() or succeeded() first.
  void trial_ends() noexcept;

  /// It failed; the `failures_max`-th in a row opens the circuit, a failure of a half-open one
  /// opens it again for longer: for a time uniform in [p/2, p], p = open_period(openings). Each
  /// `refund` without a failure takes one off. True when it opened.
  bool failed(time_point now, const breaker_options& options, std::uint64_t failures_max,
              duration refund, random_stream& random) noexcept;
  /// While it is open it stays so until `until` at least.
  void postpone(time_point until) noexcept;
  /// It works: the circuit closes and failures count anew, but the next opening is still one more
  /// in a row. True when it was not closed.
  bool succeeded() noexcept;
  /// The next may start at once; it is a trial if the circuit is not closed.
  void override_period() noexcept { open_until_ = time_point::min(); }

  circuit_state state(time_point now) const noexcept;
  std::uint32_t failures(time_point now, duration refund) const noexcept;
  std::uint32_t trials() const noexcept { return trials_; }
  time_point last_failure() const noexcept { return last_; }
  /// When it will be as if nothing had happened; `never` while there are trials in progress.
  time_point expiry(duration refund) const noexcept;
  /// Takes `before` back, but for the trials in progress.
  void restore(const circuit_breaker& before) noexcept;

  TANDEM_FIELDS(open_until_, last_, failures_, openings_, trials_, state_)

 private:
  time_point open_until_ = time_point::min();
  time_point last_ = time_point::min();
  std::uint32_t failures_ = 0;
  std::uint32_t openings_ = 0;
  std::uint32_t trials_ = 0;
  circuit_state state_ = circuit_state::closed;
};

}  // namespace tandem::detail
