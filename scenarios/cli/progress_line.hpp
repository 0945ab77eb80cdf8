// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/run.hpp"

#include <string>

namespace tandem::cli {

/// Says on stderr how far a run is, once it takes longer than 2 s: one line rewritten on a
/// terminal, a line each 10 s elsewhere.
class progress_line {
 public:
  explicit progress_line(std::string what);
  ~progress_line();  ///< wipes the line
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;
  void show(const scenarios::progress& at);

 private:
  std::string what_;
  bool terminal_;
  bool shown_ = false;
  double next_ = 2;  ///< seconds of wall time
};

}  // namespace tandem::cli
