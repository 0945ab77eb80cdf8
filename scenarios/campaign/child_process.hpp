// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace tandem::scenarios {

/// How a process ended, and what it had to say about it.
struct process_end {
  int signal = 0;            ///< that ended it; 0: none
  int code = 0;              ///< its exit code, if it ended by itself
  std::string complaints{};  ///< standard error, of a fork

  bool good() const noexcept { return signal == 0 && code == 0; }
  /// `was killed by signal 9 (Killed)`, `ended with exit code 3`
  std::string text() const;
};

/// A child whose output is heard here. It is killed when this goes.
class child_process {
 public:
  /// A program, to which lines can be written too. Throws std::runtime_error.
  explicit child_process(const std::vector<std::string>& command);
  /// A fork of this process, which must have one thread: it writes what `work` returns. What
  /// `work` throws is its exit code exit_of_a_throw, and written. Throws std::runtime_error.
  explicit child_process(const std::function<std::string()>& work);
  ~child_process();
  child_process(child_process&& other) noexcept;
  child_process& operator=(child_process&&) = delete;

  static constexpr int exit_of_a_throw = 75;

  int output() const noexcept { return out_; }
  /// False: it takes no more.
  bool write(const std::string& line) const;
  /// What it wrote since; empty: it ended.
  std::string read() const;
  /// Waits for its end: of a child that closed its output, what it does beyond that is of no use.
  process_end ending();

 private:
  [[noreturn]] void be_the_fork(int output, const std::function<std::string()>& work) const;

  pid_t pid_ = -1;  ///< -1: over
  int in_ = -1;
  int out_ = -1;
  std::FILE* complaints_ = nullptr;
};

/// What a program printed to standard output, and how it ended. Throws std::runtime_error when it
/// cannot be started, or a signal ended it.
struct program_output {
  std::string text;
  int code = 0;
};
program_output output_of(const std::vector<std::string>& command);

}  // namespace tandem::scenarios
