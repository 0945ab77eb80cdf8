// SPDX-License-Identifier: MIT
#include "commands.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace {

std::vector<std::string> built_levels() {
  std::vector<std::string> names;
  for (const auto& level : tandem::cli::build_levels()) names.push_back(level.name);
  return names;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace tandem::cli;
  CLI::App app(
      "Tandem: a peer-to-peer connection manager, and the simulated networks that prove it.\n"
      "Exit codes: 0 all held, 1 an expectation or invariant failed or a replay differs, 2 bad "
      "input, 3 nothing failed but something was not put to the test.",
      "tandem");
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  tandem run global_limit                   every level the scenario names, side by side\n"
      "  tandem run my.yaml --level stream --json  one level, for programs\n"
      "  tandem check my.yaml                      read it and say what is wrong\n"
      "  tandem diff before.sqlite after.sqlite    say how two runs differ\n"
      "  tandem ci scenarios                       hold them all to their baselines\n"
      "  tandem find my.yaml --smallest parameters.limit --such-that 'server.blocking <= 1%'\n"
      "  tandem node --listen 127.0.0.1:4001 --allow-plaintext\n"
      "  tandem replay node.000001.trace           what a node recorded, again");
  const std::unique_ptr<command> commands[] = {
      make_run_command(app),    make_show_command(app),
      make_report_command(app), make_learn_command(app),
      make_check_command(app),  make_list_command(app),
      make_schema_command(app), make_levels_command(app),
      make_ci_command(app),     make_diff_command(app),
      make_sweep_command(app),  make_merge_command(app),
      make_find_command(app),   make_swarm_command(app),
      make_shrink_command(app), make_cell_worker_command(app),
      make_node_command(app),   make_dial_command(app),
      make_ping_command(app),   make_id_command(app),
      make_replay_command(app), make_version_command(app, built_levels())};
  return run_program(app, commands, argc, argv);
}
