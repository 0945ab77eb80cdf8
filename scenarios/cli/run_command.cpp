// SPDX-License-Identifier: MIT
#include "commands.hpp"
#include "flags.hpp"
#include "node_files.hpp"
#include "progress_line.hpp"
#include "stopping.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/scenarios/find.hpp"
#include "tandem/scenarios/read.hpp"
#include "tandem/scenarios/results.hpp"
#include "tandem/sim/message_network.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace tandem::cli {
namespace {

using namespace scenarios;

class run_command final : public command {
 public:
  explicit run_command(CLI::App& parent)
      : app_(*parent.add_subcommand("run", "Run a scenario and judge its expectations")) {
    app_.add_option("SCENARIO", scenario_, "A file, or a name found in ./scenarios or installed")
        ->required();
    app_.add_option("--level", level_, "message, stream, packet, loopback, or all the file names")
        ->capture_default_str();
    app_.add_option("--seed", seed_, "Instead of the scenario's own seed")->type_name("UINT");
    app_.add_option("--threads", threads_,
                    "That run the nodes of one run at message, with the result that one would have")
        ->check(CLI::Range(1U, sim::threads_most))
        ->capture_default_str();
    app_.add_option("--set", sets_, "path=value: change the scenario before it is read")
        ->expected(1)
        ->take_all();
    app_.add_option("--out", out_, "Folder for SQLite results (made when missing)");
    app_.add_flag("--overwrite", overwrite_,
                  "Replace an older result of the same experiment, or files of its nodes");
    files_.add_to(app_);
    app_.add_flag("--json", json_, "Print one JSON array, an object per level");
    app_.add_flag("--no-events", no_events_, "Do not keep events: less memory in large runs");
    app_.footer(
        "Exit codes: 0 all held, 1 an expectation or invariant failed, 2 bad input, 3 something "
        "was "
        "not\nput to the test; ended by a signal, 128 and its number: what it found is shown.\n"
        "Examples:\n"
        "  tandem run global_limit\n"
        "  tandem run global_limit --level packet --seed 7 --out results\n"
        "  tandem run scenarios/backoff.yaml --level stream --json\n"
        "  tandem run global_limit --level stream --record traces --record-nodes server\n"
        "  tandem run global_limit --set groups.server.manager.max_connections=128");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    const auto what = read_scenario(find_scenario(scenario_, program_path()), sets_);
    const auto on = chosen_levels(what);
    const auto seed = read_seed(seed_);
    if (!out_.empty()) check_output(what, on, seed.value_or(what.seed));
    files_.prepare(what, on, seed.value_or(what.seed), overwrite_);
    catch_stops();
    std::vector<run_result> results;
    std::exception_ptr failure;
    try {
      for (const auto* level : on) {
        progress_line line(what.name + " at " + level->name, results.size() + 1, on.size());
        run_options options;
        options.seed = seed;
        const auto number = results.size();
        files_.ask(number, options);
        results.push_back(run_on(what, *level, options, line));
        if (!out_.empty()) keep(results.back());
        files_.finish(number);
        if (stopped_by() != 0) break;
      }
    } catch (...) {
      failure = std::current_exception();
    }
    // All is kept that can be: nobody may be there to read what follows.
    let_signals_end_the_program();
    if (!results.empty()) print(results);
    if (failure) std::rethrow_exception(failure);
    if (stopped_by() != 0) return exit_interrupted(stopped_by());
    const auto any = [&](verdict which) {
      return std::ranges::any_of(results, [&](const auto& r) { return r.verdict == which; });
    };
    return any(verdict::failed) ? exit_failed : any(verdict::untested) ? exit_untested : exit_held;
  }

 private:
  void print(const std::vector<run_result>& results) const {
    std::fputs(json_ ? to_json(results).c_str() : to_table(results).c_str(), stdout);
    std::fflush(stdout);  // before stderr, where nobody may read
    for (const auto& path : written_)
      std::fprintf(json_ ? stderr : stdout, "Written: %s\n", path.c_str());
    for (const auto& line : files_.lines())
      std::fprintf(json_ ? stderr : stdout, "%s\n", line.c_str());
    if (json_)
      for (const auto& r : results) std::fprintf(stderr, "Run again: %s\n", r.reproduce.c_str());
  }

  // Every level is checked before the first one runs.
  std::vector<const level*> chosen_levels(const scenario& what) const {
    std::vector<const level*> chosen;
    if (level_ != "all") {
      chosen.push_back(&level_named(build_levels(), level_));
    } else {
      for (const auto& name : levels_of(what, build_levels())) {
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

  // Before anything runs: a long run must not end in results that cannot be kept.
  void check_output(const scenario& what, const std::vector<const level*>& on,
                    std::uint64_t seed) const {
    std::error_code ignored;
    for (const auto* level : on) try {
        try_sqlite(what, level->name, seed, out_);
      } catch (const std::runtime_error& e) {
        throw bad_input("--out " + out_, e.what());
      }
    for (const auto* level : on) {
      const auto path = std::filesystem::path(out_) / sqlite_name(what, level->name, seed);
      if (!overwrite_ && std::filesystem::exists(path, ignored))
        throw bad_input("--out " + out_, path.string() + " keeps a result of this experiment " +
                                             "already; name another folder, or --overwrite it");
    }
  }

  void keep(const run_result& result) {
    const auto older = overwrite_ ? older_result::replace : older_result::keep;
    written_.push_back(write_sqlite(result, out_, older));
  }

  run_result run_on(const scenario& what, const level& on, run_options& options,
                    progress_line& line) const {
    options.record_events = !no_events_ && !out_.empty();
    options.threads = threads_;
    options.on_progress = [&line](const progress& at) { line.show(at); };
    options.stop = [] { return stopped_by() != 0; };
    return scenarios::run(what, on, options);
  }

  CLI::App& app_;
  std::string scenario_;
  std::string level_ = "all";
  std::optional<std::string> seed_;
  unsigned threads_ = 1;
  std::vector<std::string> sets_;
  std::string out_;
  node_files files_;
  bool overwrite_ = false;
  bool json_ = false;
  bool no_events_ = false;
  std::vector<std::string> written_;
};

}  // namespace

const std::vector<level>& build_levels() {
  static const std::vector<level> levels = [] {
#ifdef TANDEM_NS3
    return standard_levels(packet_level());
#else
    return standard_levels();
#endif
  }();
  return levels;
}

std::string program_path() {
  std::error_code unknown;
  return std::filesystem::read_symlink("/proc/self/exe", unknown).string();
}

std::unique_ptr<command> make_run_command(CLI::App& parent) {
  return std::make_unique<run_command>(parent);
}

}  // namespace tandem::cli
