// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/trace_file.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace tandem::cli {

/// `--record` and its relatives of `tandem node`.
class record_options {
 public:
  void add_to(CLI::App& app);
  /// Throws bad_input; nothing is made yet.
  void check() const;
  /// The recording, or null when none was asked for. Throws bad_input.
  std::unique_ptr<trace_file> start() const;

 private:
  trace_file_options read() const;

  std::string path_;
  std::string segment_ = "64MiB";
  std::string segments_ = "8";
};

/// Looks after a recording while a node runs.
class recording_watch {
 public:
  /// To be called now and then: writes what waits. Once, when recording stopped: what to say.
  std::optional<std::string> look(trace_file& file);

 private:
  std::chrono::steady_clock::time_point next_{};
  bool said_ = false;
};

}  // namespace tandem::cli
