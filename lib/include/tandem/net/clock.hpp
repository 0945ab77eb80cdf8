// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"
#include "tandem/net/task.hpp"

#include <cstdint>

namespace tandem {

/// Names one scheduled task of one clock; never reused.
enum class timer_id : std::uint64_t { none = 0 };

/// Time and timers of a node or a simulation. Used from the thread that runs its executor.
class clock {
 public:
  virtual ~clock() = default;
  virtual time_point now() const noexcept = 0;
  /// Runs `what` at `when`, or as soon as possible when that is past; never inside this call. Equal
  /// times run in the order of the calls.
  virtual timer_id at(time_point when, task what) = 0;
  /// Forgets a task. Harmless when it has run, is running, or was never.
  virtual void cancel(timer_id id) = 0;
};

}  // namespace tandem
