// SPDX-License-Identifier: MIT
#include "ci_outputs.hpp"
#include "commands.hpp"
#include "flags.hpp"
#include "progress_line.hpp"
#include "stopping.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/units.hpp"
#include "tandem/core/counted.hpp"
#include "tandem/scenarios/find.hpp"
#include "tandem/scenarios/gate/prove.hpp"
#include "tandem/scenarios/gate/review.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

namespace tandem::cli {
namespace {

using namespace scenarios;

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

/// Goes on as the program beside this one whose policy can make mistakes.
[[noreturn]] void become_the_mutants() {
  const auto program = program_path() + "_mutants";
  std::ifstream given("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(given, word, '\0');) words.push_back(word);
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execv(program.c_str(), arguments.data());
  throw bad_input("--prove", "this policy makes no mistakes, and " + program +
                                 " is not there, which can: `ci/build release tandem_mutants`");
}

class ci_command final : public command {
 public:
  explicit ci_command(CLI::App& parent)
      : app_(*parent.add_subcommand("ci", "Hold a folder of scenarios to what is known of them")) {
    app_.add_option("WHAT", what_, "Folders, files or names of scenarios (default: scenarios)");
    app_.add_option("--level", level_, "Only this one, where a scenario declares it");
    app_.add_option("--jobs", jobs_, "Runs side by side (default: one for each core)")
        ->check(CLI::Range(1, 1024));
    app_.add_option("--budget", budget_,
                    "As much as fits into this time, as 10m; the rest is not "
                    "run");
    app_.add_option("--shard", shard_, "i/n: this part of n, for machines that share the work");
    app_.add_flag("--once", once_, "Run each once, not twice: where another build runs them too");
    app_.add_flag("--no-baselines", no_baselines_, "Judge expectations only");
    app_.add_option("--against", against_,
                    "Another tandem, or a folder of results: print what differs from that");
    app_.add_flag("--review", review_,
                  "Show what differs from the baselines, and ask what to keep");
    app_.add_flag("--update-all", update_all_, "With --review: accept what changed, ask nothing");
    app_.add_flag("--insert-missing", insert_missing_,
                  "With --review: make the baselines that are missing, ask nothing");
    app_.add_flag("--prove", prove_,
                  "Have the policy make mistakes, and print which scenario noticed which");
    app_.add_flag("--json", json_, "Print one JSON array, an object per scenario and level");
    app_.add_option("--junit", junit_, "Write JUnit XML to this file");
    app_.add_option("--summary", summary_,
                    "Add Markdown to this file (default: $GITHUB_STEP_SUMMARY)");
    // What they print is for a person, or of another kind.
    for (const auto* other : {"--json", "--prove"})
      app_.get_option("--review")->excludes(app_.get_option(other));
    for (const auto* other : {"--against", "--junit", "--summary", "--budget"})
      app_.get_option("--prove")->excludes(app_.get_option(other));
    app_.footer(
        "Exit codes: 0 ok, 1 something failed or changed, 2 bad input, 3 something was not put to "
        "the test, 4 the budget was over.\n"
        "Examples:\n"
        "  tandem ci scenarios\n"
        "  tandem ci scenarios --budget 10m --shard 2/4 --junit junit.xml\n"
        "  tandem ci scenarios --review\n"
        "  tandem ci scenarios --against /usr/bin/tandem     what this build does otherwise");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    auto options = chosen_options();
    auto cases = plan_cases(chosen_files(), build_levels(), level_);
    if (!shard_.empty()) cases = chosen_shard(cases);
    if (prove_) return proved(cases, options);
    try_outputs({junit_, summary_});
    catch_stops();
    std::vector<gate_result> results;
    {
      count_line line("ci", cases.size());
      junit_so_far junit(cases, {junit_, summary_});
      options.on_result = [&](const gate_result& r) {
        line.add(r.status == gate_status::ok);
        junit.add(r);
      };
      results = run_gate(cases, options);
    }
    let_signals_end_the_program();
    if (review_ && stopped_by() == 0) return reviewed(results);
    std::fputs(json_ ? gate_json(results).c_str() : gate_table(results).c_str(), stdout);
    std::fflush(stdout);
    write_outputs(results, {junit_, summary_});
    return stopped_by() != 0 ? exit_interrupted(stopped_by()) : exit_code_of(results);
  }

 private:
  gate_options chosen_options() const {
    if (review_ && (is_set("CI") || is_set("GITHUB_ACTIONS")))
      throw bad_input("--review",
                      "baselines are a person's decision: nothing writes them where "
                      "the variable CI or GITHUB_ACTIONS is set");
    if ((update_all_ || insert_missing_) && !review_)
      throw bad_input(update_all_ ? "--update-all" : "--insert-missing", "needs --review");
    gate_options options;
    options.levels = build_levels();
    options.jobs = jobs_ > 0 ? jobs_ : std::max(1u, std::thread::hardware_concurrency());
    options.for_review = review_;
    options.once = once_;
    options.stop = [] { return stopped_by() != 0; };
    if (no_baselines_) options.against.what = gate_reference::kind::nothing;
    if (!against_.empty()) options.against = chosen_reference();
    if (budget_) options.budget = read_budget(*budget_);
    return options;
  }

  gate_reference chosen_reference() const {
    if (review_) throw bad_input("--against", "compares with no baselines; leave --review out");
    std::error_code ignored;
    const std::filesystem::path path(against_);
    if (std::filesystem::is_directory(path, ignored))
      return {gate_reference::kind::results, against_};
    if (std::filesystem::is_regular_file(path, ignored) && access(against_.c_str(), X_OK) == 0)
      return {gate_reference::kind::program, std::filesystem::absolute(path).string()};
    throw bad_input("--against " + against_, "is neither a program nor a folder of results");
  }

  std::vector<std::string> chosen_files() const {
    std::vector<std::string> files;
    std::error_code ignored;
    for (const auto& what : what_.empty() ? std::vector<std::string>{"scenarios"} : what_) {
      if (!std::filesystem::is_directory(what, ignored)) {
        files.push_back(find_scenario(what, program_path()));
        continue;
      }
      const auto found = scenarios_in(what);
      if (found.empty()) throw bad_input(what, "no scenario (NAME.yaml) is in this folder");
      files.insert(files.end(), found.begin(), found.end());
    }
    return files;
  }

  std::vector<gate_case> chosen_shard(const std::vector<gate_case>& all) const {
    const auto slash = shard_.find('/');
    const auto number = parse_count(shard_.substr(0, slash));
    const auto count =
        slash == std::string::npos ? std::nullopt : parse_count(shard_.substr(slash + 1));
    if (!number || !count || *number < 1 || *number > *count)
      throw bad_input("--shard " + shard_, "must be i/n with i from 1 to n, as 2/4");
    return shard_of(all, *number, *count);
  }

  int proved(std::vector<gate_case> cases, const gate_options& options) const {
    const auto mutants = build_mutants();
    if (mutants.names.empty()) become_the_mutants();
    std::erase_if(cases, [&](const gate_case& each) {
      return !level_named(options.levels, each.level).virtual_time;
    });
    catch_stops();
    const auto proofs = prove(cases, options, mutants);
    let_signals_end_the_program();
    std::fputs(json_ ? proof_json(proofs).c_str() : proof_table(proofs).c_str(), stdout);
    if (stopped_by() != 0) return exit_interrupted(stopped_by());
    const bool all =
        std::ranges::none_of(proofs, [](const proof& p) { return p.by == proof::how::nothing; });
    return all ? exit_held : exit_failed;
  }

  int reviewed(const std::vector<gate_result>& results) const {
    const auto accepted = review(results, [this](const gate_result& r) { return asked(r); });
    std::vector<gate_result> rest;
    for (const auto& each : results)
      if (each.status != gate_status::changed && each.status != gate_status::missing)
        rest.push_back(each);
    if (!rest.empty()) std::fputs(gate_table(rest).c_str(), stdout);
    std::printf("%s written\n", counted(accepted, "baseline").c_str());
    return exit_code_of(rest);
  }

  answer asked(const gate_result& r) const {
    const bool is_new = r.status == gate_status::missing;
    if (is_new && insert_missing_) return answer::accept;
    if (!is_new && update_all_) return answer::accept;
    if (update_all_ || insert_missing_) return answer::keep;
    std::printf("\n%s%s\n%s", r.what.id().c_str(), is_new ? " has no baseline" : "",
                r.changes.c_str());
    for (;;) {
      std::fputs(is_new ? "[i]nsert it, [k]eep it missing, [q]uit? "
                        : "[u]pdate the baseline, [k]eep it, [q]uit? ",
                 stdout);
      std::fflush(stdout);
      std::string line;
      if (!std::getline(std::cin, line) || line == "q") return answer::quit;
      if (line == "k") return answer::keep;
      if (line == (is_new ? "i" : "u")) return answer::accept;
    }
  }

  CLI::App& app_;
  std::vector<std::string> what_;
  std::string level_, shard_, against_, junit_, summary_;
  std::optional<std::string> budget_;
  unsigned jobs_ = 0;
  bool once_ = false;
  bool no_baselines_ = false;
  bool review_ = false;
  bool update_all_ = false;
  bool insert_missing_ = false;
  bool prove_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<command> make_ci_command(CLI::App& parent) {
  return std::make_unique<ci_command>(parent);
}

}  // namespace tandem::cli
