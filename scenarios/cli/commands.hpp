// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/level.hpp"

#include <memory>
#include <vector>

namespace CLI {
class App;
}

namespace tandem::cli {

/// One subcommand: its options are bound to its members, run() does the work.
class command {
 public:
  virtual ~command() = default;
  virtual CLI::App& app() = 0;
  /// The exit code: 0 all held, 1 an expectation or invariant failed. Throws
  /// scenarios::bad_input for everything that exits with 2.
  virtual int run() = 0;
};

/// The exit codes of `tandem`.
inline constexpr int exit_held = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_bad_input = 2;
/// Of a run that a signal ended: as a shell reports it, 130 for SIGINT.
inline constexpr int exit_interrupted(int signal) { return 128 + signal; }

/// Every level of this build: message, stream, packet where there is ns-3, loopback.
const std::vector<scenarios::level>& build_levels();

std::unique_ptr<command> make_run_command(CLI::App& parent);
std::unique_ptr<command> make_check_command(CLI::App& parent);
std::unique_ptr<command> make_list_command(CLI::App& parent);
std::unique_ptr<command> make_node_command(CLI::App& parent);
std::unique_ptr<command> make_replay_command(CLI::App& parent);
std::unique_ptr<command> make_version_command(CLI::App& parent);

}  // namespace tandem::cli
