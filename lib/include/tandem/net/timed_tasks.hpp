// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/clock.hpp"

#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>

namespace tandem {

/// The tasks of a clock in the order of their times; those of one time in the order they came. Not
/// safe between threads. A task is destroyed after it left the table, since what it owns may call
/// the clock again.
class timed_tasks {
 public:
  timer_id add(time_point when, task what);
  /// Nothing when the task ran or was cancelled.
  void cancel(timer_id id);
  /// The task that is next, which leaves the table. There is one.
  task take();
  void clear();

  bool empty() const noexcept { return tasks_.empty(); }
  std::size_t size() const noexcept { return tasks_.size(); }
  /// When the next one is due; `never` when there is none.
  time_point next() const noexcept { return empty() ? never : tasks_.begin()->first.first; }

 private:
  std::uint64_t last_id_ = 0;
  std::map<std::pair<time_point, std::uint64_t>, task> tasks_;
  std::unordered_map<std::uint64_t, time_point> times_;  // where a task stands in `tasks_`
};

}  // namespace tandem
