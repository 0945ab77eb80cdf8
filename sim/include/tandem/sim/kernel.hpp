// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/clock.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace tandem::sim {

/// Virtual time: runs tasks in (time, sequence) order. A monotone radix queue; integer nanoseconds;
/// nothing but tasks moves the time. Several kernels can run side by side in threads.
/// Tasks that have a place run at equal times in the order (place, when they were put, who put
/// them, sequence), after those that have none: an order that no kernel decides, so that places may
/// be spread over several.
class kernel final : public tandem::clock {
 public:
  kernel();
  ~kernel() override;  ///< destroys the tasks that never ran

  time_point now() const noexcept override;
  timer_id at(time_point when, task what) override;
  void cancel(timer_id id) override;

  /// What a task belongs to.
  struct label {
    std::uint64_t about = 0;  ///< a number of the caller's; its lower half is the place, 0: none
    std::uint32_t from = 0;   ///< the place that put it
  };
  /// The same as at(), of a task that is about something.
  timer_id at(time_point when, task what, const label& of);
  /// The same, of a task that was put at `born`, by a place of another kernel.
  timer_id at(time_point when, task what, const label& of, time_point born);
  /// Hears what the tasks are about that run soon, so that what they need is in the cache then:
  /// most of them four times, `steps` from 4 to 1, and some never. Must change nothing.
  class foresight {
   public:
    virtual void soon(std::uint64_t about, unsigned steps) noexcept = 0;

   protected:
    ~foresight() = default;
  };
  /// `told` outlives the kernel, or is null.
  void look_ahead(foresight* told);

  /// Runs after every task: where a simulation polls its io_context.
  void after_each(std::function<void()> hook);
  /// Runs the next task; false when there is none.
  bool run_one();
  /// Runs every task up to and including `until`, then sets the time to `until`. Asks `stop` after
  /// each; when it says so, returns at once with the time where it is.
  void run_until(time_point until, const std::function<bool()>& stop = {});
  /// When the next task runs, or an earlier time at which a cancelled one would have; never: none.
  time_point next() const noexcept;
  /// It is `now`, before what runs then; nothing earlier is pending.
  void begin(time_point now);
  /// Destroys every pending task.
  void clear();

  std::uint64_t tasks_run() const noexcept;
  std::uint64_t tasks_pending() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace tandem::sim
