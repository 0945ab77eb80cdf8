// SPDX-License-Identifier: MIT
#pragma once

#include "child_process.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace tandem::scenarios {

/// What became of a task.
struct task_end {
  std::size_t index = 0;
  std::string told;  ///< by its process
  process_end end;   ///< of its process, if that ended
};

/// Tasks 0 to count - 1, each done by a process.
struct process_pool {
  std::size_t count = 0;
  std::size_t jobs = 1;  ///< processes at a time
  /// Begins one, which does the task.
  std::function<child_process(std::size_t)> begin;
  /// The task as a line: a process goes on to others, and answers each line with one. None: a task
  /// is over when its process is.
  std::function<std::string(std::size_t)> line{};
  /// Hears of each task, on this thread.
  std::function<void(task_end)> done;
  /// Asked several times a second: true ends all at once.
  std::function<bool()> stop{};

  /// Begins tasks in their order. A process that dies ends its task, and is replaced. False: it was
  /// stopped, and tasks that were not done are lost. Throws std::runtime_error when a process
  /// cannot be begun.
  bool run() const;
};

}  // namespace tandem::scenarios
