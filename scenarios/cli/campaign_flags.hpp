// SPDX-License-Identifier: MIT
#pragma once

#include "commands.hpp"
#include "progress_line.hpp"
#include "stopping.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/scenarios/campaign/sweep.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <string>
#include <thread>

namespace tandem::cli {

/// `read()`, whose complaint is about `flag`.
template <class Read>
auto read_flag(const std::string& flag, Read&& read) {
  try {
    return read();
  } catch (const std::invalid_argument& e) {
    throw bad_input(flag, e.what());
  }
}

/// What fails outside of the program is told like bad input.
template <class Do>
auto telling(const std::string& where, Do&& act) {
  try {
    return act();
  } catch (const bad_input&) {
    throw;
  } catch (const std::runtime_error& e) {
    throw bad_input(where, e.what());
  }
}

/// `--mutant NAME`, in no list: the mistake that the processes of a build for proofs make.
struct mutant_flag {
  void add_to(CLI::App& app) {
    if (!build_mutants().names.empty()) app.add_option("--mutant", name)->group("");
  }
  std::string name;
};

/// Cells in so many processes of this program, 0: one for each processor, that end when somebody
/// asks the command to; `line` says how far they are.
inline scenarios::campaign_options options_for(const std::string& out, std::size_t jobs,
                                               count_line& line, const mutant_flag& mutant = {}) {
  std::signal(SIGPIPE, SIG_IGN);  // who reads its output may go: the results are in a file
  scenarios::campaign_options options;
  options.workers = {{program_path(), "cell-worker"},
                     jobs > 0 ? jobs : std::max(1u, std::thread::hardware_concurrency())};
  if (!mutant.name.empty())
    options.workers.command.insert(options.workers.command.end(), {"--mutant", mutant.name});
  options.out = out;
  options.stop = [] { return stopped_by() != 0; };
  options.on_progress = [&line](const scenarios::campaign_progress& at) {
    line.show(at.done, at.total, at.failed);
  };
  return options;
}

}  // namespace tandem::cli
