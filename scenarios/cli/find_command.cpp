// SPDX-License-Identifier: MIT
#include "campaign_flags.hpp"
#include "tandem/command/units.hpp"
#include "tandem/core/counted.hpp"
#include "tandem/scenarios/campaign/search.hpp"
#include "tandem/scenarios/find.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace tandem::cli {
namespace {

using namespace scenarios;

class find_command final : public command {
 public:
  explicit find_command(CLI::App& parent)
      : app_(*parent.add_subcommand("find",
                                    "Find the smallest or largest value with which a line holds")) {
    app_.add_option("SCENARIO", scenario_, "A file, or a name found in ./scenarios or installed")
        ->required();
    auto* smallest = app_.add_option("--smallest", smallest_,
                                     "PATH, as --set takes it: groups.server.manager.max_memory");
    app_.add_option("--largest", largest_, "PATH")->excludes(smallest);
    app_.add_option("--such-that", such_that_,
                    "A line, as expectations have it: server.blocking <= 1%")
        ->required();
    app_.add_option("--between", between_,
                    "Where to look: 1..1024, 10ms..2s, 0%..5%, 10ms..2s/log/40 or 64,128,256 "
                    "(default: from a 64th of what the file says to 64 times it)");
    app_.add_option("--seeds", seeds_,
                    "Runs of each value: as many as tell it from chance, LEAST..MOST, or a number")
        ->capture_default_str();
    app_.add_option("--level", level_, "Default: the first that the file names");
    app_.add_option("--set", sets_, "path=value: change every run")->expected(1)->take_all();
    app_.add_option("--jobs", jobs_, "Processes (default: one for each processor)")
        ->check(CLI::Range(1, 1024));
    app_.add_option("--out", out_, "Folder of the runs (default: SCENARIO-find)");
    app_.add_flag("--overwrite", overwrite_, "Drop what the folder holds of another question");
    app_.add_flag("--json", json_, "Print one JSON object");
    app_.footer(
        "Only runs that the folder lacks are made, so that what was interrupted goes on.\n"
        "Exit codes: 0 found, 1 no value does it, 2 bad input, 3 found and not certain.\n"
        "Examples:\n"
        "  tandem find erlang_b --smallest parameters.places --such-that 'server.blocking <= 1%'\n"
        "  tandem find my.yaml --largest links.default.latency --between 10ms..2s \\\n"
        "    --such-that 'server.closed.LivenessLost == 0'");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    if (smallest_.empty() && largest_.empty())
      throw bad_input("tandem find", "name what to look for: --smallest PATH or --largest PATH");
    catch_stops();
    const auto plan = plan_search(request(), build_levels());
    if (out_.empty()) out_ = plan.scenario + "-find";
    count_line line(plan.scenario, 0);
    auto options = options_for(out_, jobs_, line);
    options.overwrite = overwrite_;
    const auto report = telling("--out " + out_, [&] { return run_search(plan, options); });
    let_signals_end_the_program();
    print(plan, report);
    if (report.stopped) return exit_interrupted(stopped_by());
    if (report.answer() == nullptr) return exit_failed;
    return report.certain() ? exit_held : exit_untested;
  }

 private:
  search_request request() const {
    search_request of;
    of.file = find_scenario(scenario_, program_path());
    of.sets = sets_;
    of.smallest = !smallest_.empty();
    of.path = of.smallest ? smallest_ : largest_;
    of.such_that = such_that_;
    of.between = between_;
    of.level = level_;
    read_flag("--seeds " + seeds_, [&] { read_search_seeds(seeds_, of); });
    return of;
  }

  void print(const search_plan& plan, const search_report& report) const {
    std::fputs(json_ ? to_json(plan, report).c_str() : to_text(plan, report).c_str(), stdout);
    std::fflush(stdout);
    std::fprintf(json_ ? stderr : stdout, "\n%s, %s run, %llu there already%s: %s\n",
                 counted(report.tried.size(), "value").c_str(), counted(report.ran, "cell").c_str(),
                 static_cast<unsigned long long>(report.reused), report.stopped ? ", stopped" : "",
                 out_.c_str());
  }

  CLI::App& app_;
  std::string scenario_;
  std::string smallest_;
  std::string largest_;
  std::string such_that_;
  std::string between_;
  std::string seeds_ = "5..100";
  std::string level_;
  std::vector<std::string> sets_;
  std::size_t jobs_ = 0;
  std::string out_;
  bool overwrite_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<command> make_find_command(CLI::App& parent) {
  return std::make_unique<find_command>(parent);
}

}  // namespace tandem::cli
