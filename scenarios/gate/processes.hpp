// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace tandem::scenarios {

/// What a child process left.
struct child_end {
  std::string told;        ///< what its work returned, or why it threw
  std::string complaints;  ///< what it wrote to standard error
  bool threw = false;
  int signal = 0;  ///< that ended it; 0: none
  int code = 0;    ///< its exit code, if it did not throw: a sanitizer's

  bool good() const noexcept { return !threw && signal == 0 && code == 0; }
  /// Why it is not.
  std::string why() const;
};

/// Runs `work(0)` to `work(count - 1)` in forked children, `jobs` at a time, so that one that
/// crashes takes nobody along and each has ns-3 for itself; for a process with one thread. `done`
/// is called in the parent as each ends. Asks `stop` ten times a second: true kills the children
/// that run, and ends.
void run_in_processes(std::size_t count, unsigned jobs,
                      const std::function<std::string(std::size_t)>& work,
                      const std::function<void(std::size_t, const child_end&)>& done,
                      const std::function<bool()>& stop);

/// What a program printed to standard output, and its exit code.
struct program_output {
  std::string text;
  int code = 0;
};
/// Throws std::runtime_error when it cannot be started, or a signal ended it.
program_output output_of(const std::vector<std::string>& command);

}  // namespace tandem::scenarios
