// SPDX-License-Identifier: MIT
#include "tandem/command/command.hpp"
#include "tandem/command/version.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace tandem::cli {
namespace {

class version_command final : public command {
 public:
  version_command(CLI::App& parent, std::vector<std::string> levels)
      : app_(*parent.add_subcommand("version", "Print version, commit and what is built in")),
        levels_(std::move(levels)) {
    app_.add_flag("--json", json_, "Print one JSON object");
    app_.footer("Examples:\n  tandem version\n  tandem version --json");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    if (json_) {
      std::puts(
          boost::json::serialize(boost::json::object{{"version", build_version()},
                                                     {"commit", build_commit()},
                                                     {"levels", boost::json::value_from(levels_)}})
              .c_str());
      return exit_held;
    }
    std::string text = version_text();
    for (const auto& level : levels_)
      text += (&level == levels_.data() ? ", levels " : ", ") + level;
    std::printf("tandem %s\n", text.c_str());
    return exit_held;
  }

 private:
  CLI::App& app_;
  const std::vector<std::string> levels_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<command> make_version_command(CLI::App& parent, std::vector<std::string> levels) {
  return std::make_unique<version_command>(parent, std::move(levels));
}

}  // namespace tandem::cli

std::string tandem::build_version() { return TANDEM_VERSION; }
std::string tandem::version_text() { return build_version() + " (" + build_commit() + ")"; }
