// SPDX-License-Identifier: MIT
#include "campaign_flags.hpp"
#include "flags.hpp"
#include "tandem/command/units.hpp"
#include "tandem/scenarios/campaign/shrink.hpp"
#include "tandem/scenarios/find.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <filesystem>

namespace tandem::cli {
namespace {

using namespace scenarios;

class shrink_command final : public command {
 public:
  explicit shrink_command(CLI::App& parent)
      : app_(*parent.add_subcommand("shrink", "Make a scenario that fails as small as it gets")) {
    app_.add_option("SCENARIO", scenario_, "A file, or a name found in ./scenarios or installed")
        ->required();
    app_.add_option("--seed", seed_, "A seed that fails (default: the scenario's)");
    app_.add_option("--level", level_, "Default: the first that the file names");
    app_.add_option("--set", sets_, "path=value: change the scenario first")
        ->expected(1)
        ->take_all();
    app_.add_option("--budget", budget_, "How long to try")->capture_default_str();
    app_.add_option("--jobs", jobs_, "Processes (default: one for each processor)")
        ->check(CLI::Range(1, 1024));
    app_.add_option("--out", out_, "The file to write (default: NAME-shrunk.yaml beside it)");
    app_.add_flag("--overwrite", overwrite_, "Replace that file");
    app_.add_flag("--json", json_, "Print one JSON object");
    mutant_.add_to(app_);
    app_.footer(
        "What is left fails with the same line. Interrupted, it keeps the smallest so far.\n"
        "Exit codes: 0 written, 2 bad input (as when nothing fails).\n"
        "Examples:\n"
        "  tandem shrink my.yaml --seed 7\n"
        "  tandem shrink my-swarm/seed-17.yaml --budget 2m --out small.yaml");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    const auto file = find_scenario(scenario_, program_path());
    shrink_request of{file, sets_, level_, {}, out_, {}};
    if (of.out.empty()) {
      const std::filesystem::path path(file);
      of.out = (path.parent_path() / (path.stem().string() + "-shrunk.yaml")).string();
    }
    if (!overwrite_ && std::filesystem::exists(of.out))
      throw bad_input("--out " + of.out, "is there already; name another file, or --overwrite it");
    of.seed = read_seed(seed_);
    of.budget = read_budget(budget_);
    catch_stops();
    count_line line("shrinking", 0);
    const auto options = options_for(of.out, jobs_, line, mutant_);
    const auto report =
        telling("--out " + of.out, [&] { return shrink(of, build_levels(), options); });
    let_signals_end_the_program();
    std::fputs(json_ ? to_json(of, report).c_str() : to_text(of, report).c_str(), stdout);
    return report.stopped ? exit_interrupted(stopped_by()) : exit_held;
  }

 private:
  CLI::App& app_;
  std::string scenario_;
  std::optional<std::string> seed_;
  std::string level_;
  std::vector<std::string> sets_;
  std::string budget_ = "10m";
  std::size_t jobs_ = 0;
  std::string out_;
  bool overwrite_ = false;
  bool json_ = false;
  mutant_flag mutant_;
};

}  // namespace

std::unique_ptr<command> make_shrink_command(CLI::App& parent) {
  return std::make_unique<shrink_command>(parent);
}

}  // namespace tandem::cli
