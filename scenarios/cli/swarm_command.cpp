// SPDX-License-Identifier: MIT
#include "campaign_flags.hpp"
#include "flags.hpp"
#include "tandem/command/units.hpp"
#include "tandem/scenarios/campaign/swarm.hpp"
#include "tandem/scenarios/find.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace tandem::cli {
namespace {

using namespace scenarios;

class swarm_command final : public command {
 public:
  explicit swarm_command(CLI::App& parent)
      : app_(*parent.add_subcommand(
            "swarm", "Look for a seed of random options and faults that breaks something")) {
    app_.add_option("SCENARIO", scenario_, "A file, or a name found in ./scenarios or installed")
        ->required();
    auto* budget = app_.add_option("--budget", budget_,
                                   "How long to look: until then, or until every `sometimes` held")
                       ->capture_default_str();
    app_.add_option("--runs", runs_, "So many seeds instead")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}))
        ->excludes(budget);
    app_.add_option("--seed", seed_, "The first seed (default: the scenario's)");
    app_.add_option("--level", level_, "Default: the first that the file names");
    app_.add_option("--set", sets_, "path=value: change every run")->expected(1)->take_all();
    app_.add_option("--jobs", jobs_, "Processes (default: one for each processor)")
        ->check(CLI::Range(1, 1024));
    app_.add_option("--out", out_, "Folder of the seeds that failed (default: SCENARIO-swarm)");
    app_.add_flag("--json", json_, "Print one JSON object");
    mutant_.add_to(app_);
    app_.footer(
        "Each seed draws options of managers and faults, inside the ranges of the file's `swarm:`\n"
        "or their defaults. When the last fault is over, everybody must find each other again.\n"
        "Exit codes: 0 all held, 1 a seed failed, 2 bad input, 3 a `sometimes` never held.\n"
        "Examples:\n"
        "  tandem swarm flapping_link --budget 2m\n"
        "  tandem swarm my.yaml --runs 1000 --level stream --jobs 8\n"
        "  tandem shrink my-swarm/seed-17.yaml --seed 17     # make it small");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    swarm_request of{find_scenario(scenario_, program_path()), sets_, level_, {}};
    of.first_seed = read_seed(seed_);
    const auto budget = read_budget(budget_);
    catch_stops();
    const swarm_plan plan(of, build_levels());
    if (out_.empty()) out_ = plan.scenario + "-swarm";
    count_line line(plan.scenario, 0);
    const auto shared = options_for(out_, jobs_, line, mutant_);
    swarm_options options{shared.workers, out_, {}, budget, shared.on_progress, shared.stop};
    if (runs_ > 0) options.runs = runs_;
    const auto report = telling("--out " + out_, [&] { return run_swarm(plan, options); });
    let_signals_end_the_program();
    std::fputs(json_ ? to_json(plan, report).c_str() : to_text(plan, report).c_str(), stdout);
    if (report.stopped) return exit_interrupted(stopped_by());
    if (!report.failures.empty()) return exit_failed;
    return report.all_reached() ? exit_held : exit_untested;
  }

 private:
  CLI::App& app_;
  std::string scenario_;
  std::string budget_ = "10m";
  std::uint64_t runs_ = 0;
  std::optional<std::string> seed_;
  std::string level_;
  std::vector<std::string> sets_;
  std::size_t jobs_ = 0;
  std::string out_;
  bool json_ = false;
  mutant_flag mutant_;
};

}  // namespace

std::unique_ptr<command> make_swarm_command(CLI::App& parent) {
  return std::make_unique<swarm_command>(parent);
}

}  // namespace tandem::cli
