// SPDX-License-Identifier: MIT
#include "tandem/command/bad_input.hpp"
#include "tandem/command/command.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>

namespace tandem::cli {
namespace {

int complain(const std::string& what) {
  std::fprintf(stderr, "tandem: %s\n", what.c_str());
  return exit_bad_input;
}

}  // namespace

int run_program(CLI::App& app, std::span<const std::unique_ptr<command>> commands, int argc,
                char** argv) {
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
  } catch (const std::exception& e) {
    return complain(e.what());
  }
  return exit_held;
}

}  // namespace tandem::cli
