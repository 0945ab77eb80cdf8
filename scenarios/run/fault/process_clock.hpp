// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/clock.hpp"
#include "tandem/net/timed_tasks.hpp"

namespace tandem::scenarios {

/// The clock of a process that can jump ahead, and whose timers can stand still: what was due
/// meanwhile runs at once afterwards, in the order of its times.
class process_clock final : public tandem::clock {
 public:
  /// `inner` outlives it.
  explicit process_clock(tandem::clock& inner) : inner_(inner) {}
  ~process_clock() override;

  time_point now() const noexcept override { return later(inner_.now(), ahead_); }
  timer_id at(time_point when, task what) override;
  void cancel(timer_id id) override { tasks_.cancel(id); }

  /// Never less than before.
  void go_ahead(duration of_inner);
  void stand_still(bool still);

 private:
  void arm();
  void run_next();

  tandem::clock& inner_;
  timed_tasks tasks_;
  duration ahead_{};
  bool still_ = false;
  time_point armed_for_ = never;  // in the inner clock's time
  timer_id armed_ = timer_id::none;
};

}  // namespace tandem::scenarios
