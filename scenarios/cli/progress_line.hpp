// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/run.hpp"

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

}  // namespace tandem::cli
