// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace tandem::scenarios {

/// A child process with pipes to its standard input and output. It is killed when this goes.
class worker_process {
 public:
  /// Throws std::runtime_error.
  explicit worker_process(const std::vector<std::string>& command);
  ~worker_process();
  worker_process(worker_process&& other) noexcept;
  worker_process& operator=(worker_process&&) = delete;

  int output() const noexcept { return out_; }
  /// False: it takes no more.
  bool write(const std::string& line) const;
  /// What it wrote since; empty: it ended.
  std::string read() const;
  /// Ends it if need be, and says how it ended: `was killed by signal 9 (Killed)`.
  std::string ending();

 private:
  pid_t pid_ = -1;  ///< -1: over
  int in_ = -1;
  int out_ = -1;
};

}  // namespace tandem::scenarios
