// SPDX-License-Identifier: MIT
// The command of a build without scenarios (TANDEM_BUILD_TOOLS=OFF): what a host that runs nodes
// needs.
#include "tandem/command/command.hpp"

#include <CLI/CLI.hpp>

int main(int argc, char** argv) {
  using namespace tandem::cli;
  CLI::App app(
      "Tandem: a peer-to-peer connection manager. This build has no scenarios.\n"
      "Exit codes: 0 fine, 1 a replay differs or a peer does not answer, 2 bad input.",
      "tandem");
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  tandem node --listen 127.0.0.1:4001 --allow-plaintext\n"
      "  tandem replay node.000001.trace           what a node recorded, again");
  const std::unique_ptr<command> commands[] = {make_node_command(app),   make_dial_command(app),
                                               make_ping_command(app),   make_id_command(app),
                                               make_replay_command(app), make_version_command(app)};
  return run_program(app, commands, argc, argv);
}
