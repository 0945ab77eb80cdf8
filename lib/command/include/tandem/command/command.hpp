// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>
#include <string>
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
  /// The exit code. Throws bad_input for everything that exits with 2.
  virtual int run() = 0;
};

/// The exit codes of `tandem`.
inline constexpr int exit_held = 0;    ///< all held, nothing differs
inline constexpr int exit_failed = 1;  ///< an expectation or invariant failed, a replay differs
inline constexpr int exit_bad_input = 2;
/// Nothing failed, but something held only because nothing happened that could have broken it.
inline constexpr int exit_untested = 3;
/// Of a run that a signal ended: as a shell reports it, 130 for SIGINT.
inline constexpr int exit_interrupted(int signal) { return 128 + signal; }

std::unique_ptr<command> make_node_command(CLI::App& parent);
std::unique_ptr<command> make_dial_command(CLI::App& parent);
std::unique_ptr<command> make_ping_command(CLI::App& parent);
std::unique_ptr<command> make_id_command(CLI::App& parent);
std::unique_ptr<command> make_replay_command(CLI::App& parent);
/// Prints version, commit and the `levels` that are built in.
std::unique_ptr<command> make_version_command(CLI::App& parent,
                                              std::vector<std::string> levels = {});

/// Reads the command line, runs the command that it names, says on stderr in one line what was
/// wrong. The exit code.
int run_program(CLI::App& app, std::span<const std::unique_ptr<command>> commands, int argc,
                char** argv);

}  // namespace tandem::cli
