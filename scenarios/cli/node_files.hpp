// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/level.hpp"
#include "tandem/scenarios/run.hpp"
#include "tandem/scenarios/run_recording.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tandem::cli {

/// `--record` and `--pcap` of `tandem run`: a file for each node.
class node_files {
 public:
  void add_to(CLI::App& app);
  /// Before anything runs: makes the folders for the levels `on`. Throws bad_input.
  void prepare(const scenarios::scenario& what, const std::vector<const scenarios::level*>& on,
               std::uint64_t seed, bool overwrite);
  /// Asks the run at the level of this number for what goes into the files.
  void ask(std::size_t level, scenarios::run_options& of) const;
  /// That run is over. Throws std::runtime_error when not all could be written.
  void finish(std::size_t level) const;
  /// `Recorded: traces/stream`: what there is to say afterwards.
  std::vector<std::string> lines() const;

 private:
  scenarios::recording_options record_;
  std::string record_size_ = "1GiB";
  scenarios::capture_options pcap_;
  std::vector<std::unique_ptr<scenarios::run_recording>> recordings_;  ///< of each level, or none
  std::unique_ptr<scenarios::run_captures> captures_;
  std::size_t captured_level_ = 0;
};

}  // namespace tandem::cli
