// SPDX-License-Identifier: MIT
#include "commands.hpp"
#include "flags.hpp"
#include "progress_line.hpp"
#include "stopping.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/scenarios/compare/difference.hpp"
#include "tandem/scenarios/find.hpp"
#include "tandem/scenarios/read.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

namespace tandem::cli {
namespace {

using namespace scenarios;

/// Thrown when a signal ended a run: half a run is not compared.
struct interrupted {};

class diff_command final : public command {
 public:
  explicit diff_command(CLI::App& parent)
      : app_(*parent.add_subcommand("diff", "Say in words how two runs differ")) {
    app_.add_option("A", a_, "A result (.sqlite), or a scenario to run: a file or a name")
        ->required();
    app_.add_option("B", b_, "The same; A's scenario when left out");
    app_.add_option("--set-a", sets_a_, "path=value: change scenario A before it is read")
        ->expected(1)
        ->take_all();
    app_.add_option("--set-b", sets_b_, "path=value: change scenario B before it is read")
        ->expected(1)
        ->take_all();
    app_.add_option("--level", level_,
                    "Where scenarios run (default: that of the result beside "
                    "them, or the first one that the scenario names)");
    app_.add_option("--seed", seed_, "Of both runs, instead of the scenario's own")
        ->type_name("UINT");
    app_.add_flag("--json", json_, "Print one JSON object");
    app_.footer(
        "Exit codes: 0 the same, 1 different, 2 bad input.\n"
        "Examples:\n"
        "  tandem diff before.sqlite after.sqlite\n"
        "  tandem diff global_limit --set-b groups.server.manager.max_connections=257\n"
        "  tandem diff old/backoff-stream-1-0f3a.sqlite backoff     what is new since then");
  }
  CLI::App& app() override { return app_; }

  int run() override try {
    const bool stored_a = is_result(a_), stored_b = b_.empty() ? stored_a : is_result(b_);
    if (b_.empty() && stored_a)
      throw bad_input("B", "is missing: with what is " + a_ + " to be compared?");
    refuse_sets(stored_a, sets_a_, "--set-a");
    refuse_sets(stored_b, sets_b_, "--set-b");
    std::optional<outcome> a, b;
    if (stored_a) a = read_outcome(a_);
    if (stored_b) b = read_outcome(b_);
    catch_stops();
    if (!a) a = run_one(a_, sets_a_, b);
    if (!b) b = run_one(b_.empty() ? a_ : b_, sets_b_, a);
    let_signals_end_the_program();
    const auto found = compare(*a, *b);
    if (json_) {
      std::fputs(to_json(*a, *b, found).c_str(), stdout);
    } else {
      std::printf("A  %s\nB  %s\n%s\n", a->name.c_str(), b->name.c_str(),
                  found.same ? "\nthey are the same" : "");
      std::fputs(in_words(found).c_str(), stdout);
    }
    return found.same ? exit_held : exit_failed;
  } catch (const interrupted&) {
    return exit_interrupted(stopped_by());
  }

 private:
  static bool is_result(const std::string& what) { return what.ends_with(".sqlite"); }

  static void refuse_sets(bool stored, const std::vector<std::string>& sets, const char* option) {
    if (stored && !sets.empty())
      throw bad_input(option, "is for a scenario; a result that is stored changes no more");
  }

  // What is wrong with a set is told of the option that was given.
  scenario read(const std::string& which, const std::vector<std::string>& sets) const {
    try {
      return read_scenario(find_scenario(which, program_path()), sets);
    } catch (const bad_input& e) {
      const std::string text = e.what();
      if (!text.starts_with("--set ")) throw;
      throw bad_input((&sets == &sets_a_ ? "--set-a " : "--set-b ") + text.substr(6));
    }
  }

  outcome run_one(const std::string& which, const std::vector<std::string>& sets,
                  const std::optional<outcome>& other) const {
    const auto what = read(which, sets);
    const auto name = !level_.empty() ? level_
                      : other         ? other->level
                                      : levels_of(what, build_levels()).front();
    const auto& on = level_named(build_levels(), name);
    run_options options;
    options.seed = read_seed(seed_);
    if (!options.seed && other) options.seed = other->seed;
    progress_line line(what.name + " at " + on.name, 1, 1);
    options.on_progress = [&line](const progress& at) { line.show(at); };
    options.stop = [] { return stopped_by() != 0; };
    const auto result = scenarios::run(what, on, options);
    if (result.stopped) throw interrupted();
    auto made = outcome_of(result);
    for (const auto& set : sets) made.name += ", " + set;
    return made;
  }

  CLI::App& app_;
  std::string a_, b_, level_;
  std::vector<std::string> sets_a_, sets_b_;
  std::optional<std::string> seed_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<command> make_diff_command(CLI::App& parent) {
  return std::make_unique<diff_command>(parent);
}

}  // namespace tandem::cli
