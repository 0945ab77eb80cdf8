// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/run.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace tandem::cli {

/// Says on stderr how far a run is, once it takes longer than 2 s: on a terminal one line,
/// rewritten and never wider than that; a line each 10 s elsewhere.
class progress_line {
 public:
  /// `what` runs as number `number` of `count` levels.
  progress_line(std::string what, std::size_t number, std::size_t count);
  ~progress_line();  ///< wipes the line
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;
  void show(const scenarios::progress& at);

 private:
  std::string what_;
  std::string level_;  ///< `level 2 of 4`; empty when there is one
  bool terminal_;
  bool shown_ = false;
  double next_ = 2;  ///< seconds of wall time
};

/// The same of many runs: how many are done, how many of those are not well, and the time left.
class count_line {
 public:
  count_line(std::string what, std::size_t count);
  ~count_line();  ///< wipes the line
  count_line(const count_line&) = delete;
  count_line& operator=(const count_line&) = delete;
  /// One more is done.
  void add(bool well);
  /// So many of `count` are done, of which `unwell` are not.
  void show(std::size_t done, std::size_t count, std::size_t unwell);

 private:
  std::string what_;
  std::size_t count_;
  std::size_t done_ = 0;
  std::size_t unwell_ = 0;
  bool terminal_;
  bool shown_ = false;
  double next_ = 2;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace tandem::cli
