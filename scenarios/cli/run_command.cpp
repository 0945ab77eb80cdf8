// SPDX-License-Identifier: MIT
#include "commands.hpp"
#include "find_scenario.hpp"
#include "progress_line.hpp"
#include "read/units.hpp"
#include "tandem/scenarios/bad_input.hpp"
#include "tandem/scenarios/read.hpp"
#include "tandem/scenarios/results.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace tandem::cli {
namespace {

using namespace scenarios;

std::atomic<bool> interrupted = false;

// The first Ctrl-C ends the run and shows what there is; the second ends the program.
void on_interrupt(int) {
  interrupted = true;
  std::signal(SIGINT, SIG_DFL);
}

class run_command final : public command {
 public:
  explicit run_command(CLI::App& parent)
      : app_(*parent.add_subcommand("run", "Run a scenario and judge its expectations")) {
    app_.add_option("SCENARIO", scenario_, "A file, or a name found in ./scenarios or installed")
        ->required();
    app_.add_option("--level", level_, "message, stream, packet, loopback, or all the file names")
        ->capture_default_str();
    app_.add_option("--seed", seed_, "Instead of the scenario's own seed")->type_name("UINT");
    app_.add_option("--set", sets_, "path=value: change the scenario before it is read")
        ->expected(1)
        ->take_all();
    app_.add_option("--out", out_, "Folder for SQLite results (made when missing)");
    app_.add_flag("--json", json_, "Print one JSON array, an object per level");
    app_.add_flag("--no-events", no_events_, "Do not keep events: less memory in large runs");
    app_.footer(
        "Examples:\n"
        "  tandem run global_limit\n"
        "  tandem run global_limit --level packet --seed 7 --out results\n"
        "  tandem run scenarios/backoff.yaml --level stream --json\n"
        "  tandem run global_limit --set groups.server.manager.max_connections=128");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    const auto what = read_scenario(find_scenario(scenario_), sets_);
    const auto on = chosen_levels(what);
    const auto seed = chosen_seed();
    if (!out_.empty()) make_output_folder();
    std::signal(SIGINT, on_interrupt);
    std::vector<run_result> results;
    for (const auto* level : on) {
      results.push_back(run_on(what, *level, seed));
      if (!out_.empty()) written_.push_back(write_sqlite(results.back(), out_));
      if (interrupted) break;
    }
    std::fputs(json_ ? to_json(results).c_str() : to_table(results).c_str(), stdout);
    for (const auto& path : written_)
      std::fprintf(json_ ? stderr : stdout, "Written: %s\n", path.c_str());
    if (json_)
      for (const auto& r : results) std::fprintf(stderr, "Run again: %s\n", r.reproduce.c_str());
    if (interrupted) return exit_interrupted;
    const bool held = std::ranges::all_of(results, [](const auto& r) { return r.ok; });
    return held ? exit_held : exit_failed;
  }

 private:
  // Every level is checked before the first one runs.
  std::vector<const level*> chosen_levels(const scenario& what) const {
    std::vector<const level*> chosen;
    if (level_ != "all") {
      chosen.push_back(&level_named(build_levels(), level_));
    } else {
      for (const auto& name : what.levels) {
        const auto it = std::ranges::find(build_levels(), name, &level::name);
        if (it != build_levels().end())
          chosen.push_back(&*it);
        else
          std::fprintf(stderr, "tandem: level %s is left out: this build lacks it\n", name.c_str());
      }
      if (chosen.empty())
        throw bad_input(what.file, "this build has none of the scenario's levels");
    }
    for (const auto* level : chosen) check_level(what, *level);
    return chosen;
  }

  // CLI11 would wrap a negative number and clip a large one.
  std::optional<std::uint64_t> chosen_seed() const {
    if (!seed_) return {};
    if (const auto value = parse_count(*seed_)) return value;
    throw bad_input("--seed " + *seed_, "must be a whole number from 0 to 18446744073709551615");
  }

  // Before anything runs: a long run must not end in results that cannot be kept.
  void make_output_folder() const {
    std::error_code failed;
    std::filesystem::create_directories(out_, failed);
    if (!failed && !std::filesystem::is_directory(out_))
      failed = std::make_error_code(std::errc::not_a_directory);
    if (!failed && access(out_.c_str(), W_OK | X_OK) != 0)
      failed = std::error_code(errno, std::generic_category());
    if (failed) throw bad_input("--out " + out_, failed.message());
  }

  run_result run_on(const scenario& what, const level& on,
                    std::optional<std::uint64_t> seed) const {
    progress_line line(what.name + " at " + on.name);
    run_options options;
    options.seed = seed;
    options.record_events = !no_events_ && !out_.empty();
    options.on_progress = [&line](const progress& at) { line.show(at); };
    options.stop = [] { return interrupted.load(); };
    return scenarios::run(what, on, options);
  }

  CLI::App& app_;
  std::string scenario_;
  std::string level_ = "all";
  std::optional<std::string> seed_;
  std::vector<std::string> sets_;
  std::string out_;
  bool json_ = false;
  bool no_events_ = false;
  std::vector<std::string> written_;
};

}  // namespace

const std::vector<level>& build_levels() {
  static const std::vector<level> levels = [] {
    auto all = standard_levels();
#ifdef TANDEM_NS3
    all.insert(std::ranges::find(all, "loopback", &level::name), packet_level());
#endif
    return all;
  }();
  return levels;
}

std::unique_ptr<command> make_run_command(CLI::App& parent) {
  return std::make_unique<run_command>(parent);
}

}  // namespace tandem::cli
