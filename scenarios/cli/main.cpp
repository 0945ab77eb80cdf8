// SPDX-License-Identifier: MIT
#include "commands.hpp"
#include "tandem/scenarios/bad_input.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <string>

namespace {

int complain(const std::string& what) {
  std::fprintf(stderr, "tandem: %s\n", what.c_str());
  return tandem::cli::exit_bad_input;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace tandem::cli;
  CLI::App app(
      "Tandem: a peer-to-peer connection manager, and the simulated networks that prove it.\n"
      "Exit codes: 0 all held, 1 an expectation or invariant failed or a replay differs, 2 bad input.",
      "tandem");
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  tandem run global_limit                   every level the scenario names, side by side\n"
      "  tandem run my.yaml --level stream --json  one level, for programs\n"
      "  tandem check my.yaml                      read it and say what is wrong\n"
      "  tandem node --listen 127.0.0.1:4001 --allow-plaintext\n"
      "  tandem replay node.000001.trace           what a node recorded, again");
  const std::unique_ptr<command> commands[] = {make_run_command(app), make_check_command(app),
                                               make_list_command(app), make_node_command(app),
                                               make_replay_command(app), make_version_command(app)};
  // CLI11 would only say that a subcommand is required.
  if (argc > 1 && argv[1][0] != '-' &&
      std::ranges::none_of(commands, [&](const auto& c) { return c->app().check_name(argv[1]); }))
    return complain("no command is called `" + std::string(argv[1]) +
                    "`; `tandem --help` lists them");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);
    return complain(std::string(e.what()) + "; `tandem --help` shows how");
  }
  try {
    for (const auto& command : commands)
      if (command->app().parsed()) {
        const int code = command->run();
        if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
          return complain(std::string("standard output: ") + std::strerror(errno));
        return code;
      }
  } catch (const tandem::scenarios::bad_input& e) {
    return complain(e.what());
  } catch (const std::exception& e) {
    return complain(e.what());
  }
  return exit_held;
}
