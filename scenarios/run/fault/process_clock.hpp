// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/clock.hpp"

#include <cstdint>
#include <map>

namespace tandem::scenarios {

/// The clock of a process that can jump ahead, and whose timers can stand still: what was due
/// meanwhile runs at once afterwards, in the order of its times. As long as nothing ails it each of
/// its timers is one of the inner clock's: who may ail later is nobody else until then.
class process_clock final : public tandem::clock {
 public:
  /// `inner` outlives it.
  explicit process_clock(tandem::clock& inner) : inner_(inner) {}
  ~process_clock() override;

  time_point now() const noexcept override { return later(inner_.now(), ahead_); }
  timer_id at(time_point when, task what) override;
  void cancel(timer_id id) override;

  /// Never less than before.
  void go_ahead(duration of_inner);
  void stand_still(bool still);

 private:
  struct waiting {
    time_point when;
    task what;
    timer_id inner = timer_id::none;
  };
  void arm(timer_id id, waiting& one);
  void arm_all();
  void disarm();

  tandem::clock& inner_;
  std::map<timer_id, waiting> tasks_;  // in the order in which they were asked for
  std::uint64_t last_ = 0;
  duration ahead_{};
  bool still_ = false;
};

}  // namespace tandem::scenarios
