// SPDX-License-Identifier: MIT
#include "command_table.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/command.hpp"
#include "tandem/command/units.hpp"
#include "tandem/command/version.hpp"

#include <CLI/CLI.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

namespace tandem::cli {
namespace {

int complain(const std::string& what) {
  std::fprintf(stderr, "tandem: %s\n", what.c_str());
  return exit_bad_input;
}

/// Who was started without standard descriptors would find a socket or a file in their place.
void fill_standard_descriptors() {
  for (const int each : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(each, F_GETFD) < 0) ::open("/dev/null", O_RDONLY);  // writing fails, as before
}

/// `code`, unless what was printed could not be written.
int printed(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  return complain(std::string("standard output: ") + std::strerror(errno));
}

/// Says which argument nobody expected, and what was probably meant.
std::string unexpected(const CLI::App& in) {
  const auto extras = in.remaining(true);
  if (extras.empty()) return {};
  const auto word = extras.front().substr(0, extras.front().find('='));
  std::vector<std::string> known;
  for (const auto* each : in.get_options())
    for (const auto& name : each->get_lnames()) known.push_back("--" + name);
  const auto best = closest(word, known);
  const auto command = in.get_parent() ? in.get_name() + " --help" : std::string("--help");
  return (word.starts_with("-") ? "no option is called " : "nothing is expected at ") +
         tandem::quoted(word) +
         (best.empty() ? "; `tandem " + command + "` shows what there is"
                       : "; did you mean " + tandem::quoted(best) + "?");
}

void refuse_empty_values(const CLI::App& in) {
  for (const auto* option : in.get_options())
    if (option->count() > 0 && std::ranges::count(option->results(), std::string()) > 0)
      throw bad_input(option->get_name(), "is empty; give a value, or leave it out");
}

}  // namespace

int run_program(CLI::App& app, std::span<const std::unique_ptr<command>> commands, int argc,
                char** argv) {
  fill_standard_descriptors();
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may grow no more is an error, and says so
  std::vector<std::string> names;
  for (const auto& each : commands) names.push_back(each->app().get_name());
  // CLI11 would only say that a subcommand is required.
  if (argc > 1 && argv[1][0] != '-' && std::ranges::count(names, argv[1]) == 0)
    return complain("no command is called " + tandem::quoted(argv[1]) + suggestion(argv[1], names));
  app.set_version_flag("--version", "tandem " + version_text(), "Print version and commit");
  app.add_flag_callback(
      "--help-json",
      [&app] {
        std::puts(command_table(app).c_str());
        throw CLI::Success();
      },
      "Print every command and option as one JSON object, for programs");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return printed(app.exit(e));
    const auto given = app.get_subcommands();
    const auto& in = given.empty() ? app : *given.front();
    if (!in.remaining(true).empty()) return complain(unexpected(in));
    return complain(std::string(e.what()) + "; `tandem " +
                    (in.get_parent() ? in.get_name() + " " : "") + "--help` shows how");
  }
  try {
    for (const auto& command : commands)
      if (command->app().parsed()) {
        refuse_empty_values(command->app());
        return printed(command->run());
      }
  } catch (const bad_inputs& e) {
    for (const auto& line : e.lines()) complain(line);
    return exit_bad_input;
  } catch (const std::exception& e) {
    return complain(e.what());
  }
  return exit_held;
}

}  // namespace tandem::cli
