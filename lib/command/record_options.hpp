// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/trace_file.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace CLI {
class App;
}

namespace tandem::cli {

/// `--record` and its relatives of `tandem node`.
class record_options {
 public:
  void add_to(CLI::App& app);
  /// The recording, or null when none was asked for. Throws bad_input.
  std::unique_ptr<trace_file> start() const;

 private:
  std::string path_;
  std::string segment_ = "64MiB";
  std::string segments_ = "8";
};

/// Looks after a recording while a node runs.
class recording_watch {
 public:
  explicit recording_watch(trace_file* file) : file_(file) {}
  /// To be called now and then: writes what waits, and says once on stderr when recording stopped.
  void look();

 private:
  trace_file* file_;
  std::chrono::steady_clock::time_point next_{};
  bool said_ = false;
};

}  // namespace tandem::cli
