// SPDX-License-Identifier: MIT
#include "commands.hpp"
#include "tandem/scenarios/level_settings.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace tandem::cli {
namespace {

class levels_command final : public command {
 public:
  explicit levels_command(CLI::App& parent)
      : app_(*parent.add_subcommand("levels", "Which level can honour which setting")) {
    app_.footer("A setting that is not listed is honoured on every level.");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    std::fputs(scenarios::level_table().c_str(), stdout);
    return exit_held;
  }

 private:
  CLI::App& app_;
};

}  // namespace

std::unique_ptr<command> make_levels_command(CLI::App& parent) {
  return std::make_unique<levels_command>(parent);
}

}  // namespace tandem::cli
