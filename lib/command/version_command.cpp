// SPDX-License-Identifier: MIT
#include "tandem/command/command.hpp"
#include "tandem/command/version.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <utility>

namespace tandem::cli {
namespace {

class version_command final : public command {
 public:
  version_command(CLI::App& parent, std::string more)
      : app_(*parent.add_subcommand("version", "Print version, commit and what is built in")),
        more_(std::move(more)) {
    app_.footer("Example:\n  tandem version");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    std::printf("tandem %s%s\n", version_text().c_str(), more_.c_str());
    return exit_held;
  }

 private:
  CLI::App& app_;
  const std::string more_;
};

}  // namespace

std::unique_ptr<command> make_version_command(CLI::App& parent, std::string more) {
  return std::make_unique<version_command>(parent, std::move(more));
}

}  // namespace tandem::cli

std::string tandem::build_version() { return TANDEM_VERSION; }
std::string tandem::version_text() { return build_version() + " (" + build_commit() + ")"; }
