// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/command/command.hpp"
#include "tandem/scenarios/gate/prove.hpp"
#include "tandem/scenarios/level.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tandem::cli {

/// Every level of this build: message, stream, packet where there is ns-3, loopback.
const std::vector<scenarios::level>& build_levels();

/// The mistakes that this build can make on purpose: none but in `tandem_mutants`.
scenarios::mutant_list build_mutants();

/// Where this program lies; empty when the system does not say.
std::string program_path();

std::unique_ptr<command> make_run_command(CLI::App& parent);
std::unique_ptr<command> make_show_command(CLI::App& parent);
std::unique_ptr<command> make_report_command(CLI::App& parent);
std::unique_ptr<command> make_learn_command(CLI::App& parent);
std::unique_ptr<command> make_check_command(CLI::App& parent);
std::unique_ptr<command> make_list_command(CLI::App& parent);
std::unique_ptr<command> make_schema_command(CLI::App& parent);
std::unique_ptr<command> make_ci_command(CLI::App& parent);
std::unique_ptr<command> make_diff_command(CLI::App& parent);
std::unique_ptr<command> make_sweep_command(CLI::App& parent);
std::unique_ptr<command> make_merge_command(CLI::App& parent);
std::unique_ptr<command> make_find_command(CLI::App& parent);
std::unique_ptr<command> make_swarm_command(CLI::App& parent);
std::unique_ptr<command> make_shrink_command(CLI::App& parent);
/// Hidden: runs cells for another `tandem`.
std::unique_ptr<command> make_cell_worker_command(CLI::App& parent);
std::unique_ptr<command> make_levels_command(CLI::App& parent);

}  // namespace tandem::cli
