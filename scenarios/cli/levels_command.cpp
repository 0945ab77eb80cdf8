// SPDX-License-Identifier: MIT
#include "commands.hpp"
#include "tandem/command/json_text.hpp"
#include "tandem/scenarios/level.hpp"
#include "tandem/scenarios/level_settings.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <cstdio>

namespace tandem::cli {
namespace {

class levels_command final : public command {
 public:
  explicit levels_command(CLI::App& parent)
      : app_(*parent.add_subcommand("levels", "Which level can honour which setting")) {
    app_.add_flag("--json", json_, "Print one JSON array, an object for each setting");
    app_.footer(
        "A setting that is not listed is honoured on every level.\n"
        "Examples:\n  tandem levels\n  tandem levels --json");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    if (json_)
      std::puts(json_text(settings()).c_str());
    else
      std::fputs(scenarios::level_table().c_str(), stdout);
    return exit_held;
  }

 private:
  // null: it is honoured; else why it is not.
  static boost::json::array settings() {
    boost::json::array all;
    const auto names = scenarios::level_names();
    for (const auto& each : scenarios::level_settings()) {
      boost::json::object levels;
      for (std::size_t i = 0; i < names.size(); ++i)
        levels[names[i]] = each.why_not[i] ? boost::json::value(each.why_not[i]) : nullptr;
      all.push_back({{"setting", each.what}, {"refused", std::move(levels)}});
    }
    return all;
  }

  CLI::App& app_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<command> make_levels_command(CLI::App& parent) {
  return std::make_unique<levels_command>(parent);
}

}  // namespace tandem::cli
