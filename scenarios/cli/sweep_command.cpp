// SPDX-License-Identifier: MIT
// sweep, merge, and the hidden cell-worker.
#include "campaign_flags.hpp"
#include "tandem/command/units.hpp"
#include "tandem/core/counted.hpp"
#include "tandem/scenarios/find.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace tandem::cli {
namespace {

using namespace scenarios;

axis read_vary(const std::string& text) {
  const std::string flag = "--vary " + text;
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw bad_input(flag,
                    "write PATH=VALUES, as in parameters.limit=64,128 or "
                    "links.default.latency=10ms..600ms/log/5");
  axis out{text.substr(0, equals), {}, flag};
  for (auto& value : read_flag(flag, [&] { return read_axis_values(text.substr(equals + 1)); }))
    out.values.push_back({std::move(value), "--vary"});
  return out;
}

std::vector<given_text> read_zip(const std::string& text) {
  std::vector<given_text> out;
  for (auto& name : read_flag("--zip " + text, [&] { return read_axis_values(text); }))
    out.push_back({std::move(name), "--zip " + text});
  return out;
}

int exit_code(const campaign_report& report) {
  if (report.stopped) return exit_interrupted(stopped_by());
  const auto found = report.verdict();
  return found == verdict::failed     ? exit_failed
         : found == verdict::untested ? exit_untested
                                      : exit_held;
}

class sweep_command final : public command {
 public:
  explicit sweep_command(CLI::App& parent)
      : app_(*parent.add_subcommand("sweep", "Run a scenario with many values and seeds")) {
    const auto many = [](CLI::Option* option) { option->expected(1)->take_all(); };
    app_.add_option("SCENARIO", scenario_, "A file, or a name found in ./scenarios or installed")
        ->required();
    many(app_.add_option("--vary", vary_,
                         "PATH=VALUES: 64,128,256, 1..9/5 or 10ms..600ms/log/5; again for more "
                         "axes"));
    many(app_.add_option("--zip", zip_, "PATH,PATH: these axes take their values together"));
    many(app_.add_option("--where", where_,
                         "Only combinations for which it is true: limit <= 2 * "
                         "peers"));
    app_.add_option("--seeds", seeds_,
                    "Runs of each combination, or `until WIDTH of NUMBER`: until 5% of "
                    "server.refused");
    many(app_.add_option("--level", levels_,
                         "message, stream, packet or loopback; again for more (default: the first "
                         "that the file names)"));
    many(app_.add_option("--set", sets_, "path=value: change every cell"));
    many(app_.add_option("--show", show_,
                         "Another column: a number, as in "
                         "server.icn_p2p_active_connections.max"));
    many(app_.add_option("--measure", measure_,
                         "Another column, measured in every cell: whatever a line can compute, as "
                         "in server.queued_bytes.max"));
    app_.add_option("--jobs", jobs_, "Processes (default: one for each processor)")
        ->check(CLI::Range(1, 1024));
    app_.add_option("--out", out_, "Folder of the results (default: SCENARIO-sweep)");
    app_.add_option("--shard", shard_, "NUMBER/COUNT: only this part of the cells");
    app_.add_flag("--overwrite", overwrite_, "Drop what the folder holds of another campaign");
    app_.add_flag("--plan", only_plan_, "Print what would be run, and run nothing");
    app_.add_flag("--json", json_, "Print one JSON object");
    app_.footer(
        "Only cells that the folder lacks are run, so that what was interrupted goes on.\n"
        "Exit codes: 0 all held, 1 something failed or did not run, 2 bad input, 3 something was "
        "not put\nto the test; ended by a signal, 128 and its number.\n"
        "Examples:\n"
        "  tandem sweep global_limit --vary groups.server.manager.max_connections=64,128,256\n"
        "  tandem sweep erlang_b --vary parameters.places=8..12/5 --seeds 20 --jobs 2\n"
        "  tandem sweep erlang_b --vary parameters.places=8..12/5 --seeds 'until 5% of "
        "server.refused'\n"
        "  tandem sweep my.yaml --shard 1/3 --out part1     # then: tandem merge part1 part2 "
        "part3 --out all");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    const auto part = read_flag("--shard", [&] { return read_shard(shard_); });
    catch_stops();
    auto plan = make_plan(request(), build_levels());
    if (stopped_by() != 0) return exit_interrupted(stopped_by());
    if (out_.empty()) out_ = plan.scenario + "-sweep";
    count_line line(plan.scenario, 0);
    auto options = options_for(out_, jobs_, line);
    options.part = part;
    options.overwrite = overwrite_;
    if (only_plan_) return print_plan(plan, options);
    const auto report = telling("--out " + out_, [&] { return run_campaign(plan, options); });
    let_signals_end_the_program();
    print(plan, report);
    return exit_code(report);
  }

 private:
  campaign_request request() const {
    campaign_request of;
    of.file = find_scenario(scenario_, program_path());
    of.sets = sets_;
    for (const auto& text : vary_) of.flags.axes.push_back(read_vary(text));
    for (const auto& text : zip_) of.flags.zips.push_back(read_zip(text));
    for (const auto& text : where_) of.flags.conditions.push_back({text, "--where"});
    if (!seeds_.empty())
      of.flags.seeds = read_flag("--seeds", [&] { return read_seed_count(seeds_); });
    of.flags.levels = levels_;
    for (const auto& number : measure_) of.also.push_back({number, "--measure"});
    of.stop = [] { return stopped_by() != 0; };
    return of;
  }

  int print_plan(const campaign_plan& plan, const campaign_options& options) const {
    const auto there = telling("--out " + out_, [&] { return cells_there(plan, options); });
    std::fputs((json_ ? plan_json(plan) : plan_text(plan, options.part, there)).c_str(), stdout);
    return exit_held;
  }

  void print(const campaign_plan& plan, const campaign_report& report) const {
    std::fputs(json_ ? to_json(plan, report).c_str() : to_table(plan, report, show_).c_str(),
               stdout);
    std::fflush(stdout);
    std::fprintf(json_ ? stderr : stdout, "\n%s run, %llu there already%s: %s\n",
                 counted(report.ran, "cell").c_str(),
                 static_cast<unsigned long long>(report.reused), report.stopped ? ", stopped" : "",
                 out_.c_str());
  }

  CLI::App& app_;
  std::string scenario_;
  std::vector<std::string> vary_;
  std::vector<std::string> zip_;
  std::vector<std::string> where_;
  std::string seeds_;
  std::vector<std::string> levels_;
  std::vector<std::string> sets_;
  std::vector<std::string> show_;
  std::vector<std::string> measure_;
  std::size_t jobs_ = 0;
  std::string out_;
  std::string shard_ = "1/1";
  bool overwrite_ = false;
  bool only_plan_ = false;
  bool json_ = false;
};

class merge_command final : public command {
 public:
  explicit merge_command(CLI::App& parent)
      : app_(*parent.add_subcommand("merge", "Make one campaign of the folders of its shards")) {
    app_.add_option("DIR", folders_, "Folders that `tandem sweep --shard` wrote")->required();
    app_.add_option("--out", out_, "Folder of the whole")->required();
    app_.add_flag("--json", json_, "Print one JSON object");
    app_.footer(
        "The folder is the same, byte for byte, as that of the sweep without --shard.\n"
        "Exit codes: those of the sweep.\n"
        "Example:\n  tandem merge part1 part2 part3 --out all");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    const auto report = telling("--out " + out_, [&] { return merge_campaigns(folders_, out_); });
    const auto plan = plan_in(out_);
    std::fputs(json_ ? to_json(plan, report).c_str() : to_table(plan, report, {}).c_str(), stdout);
    return exit_code(report);
  }

 private:
  CLI::App& app_;
  std::vector<std::string> folders_;
  std::string out_;
  bool json_ = false;
};

class cell_worker_command final : public command {
 public:
  explicit cell_worker_command(CLI::App& parent)
      : app_(*parent.add_subcommand("cell-worker", "Runs cells for another process")) {
    app_.group("");  // in no list: people use sweep
    mutant_.add_to(app_);
  }
  CLI::App& app() override { return app_; }
  int run() override {
    if (!mutant_.name.empty()) choose(mutant_.name);
    return serve_cells(build_levels());
  }

 private:
  static void choose(const std::string& name) {
    const auto all = build_mutants();
    const auto it = std::ranges::find(all.names, name);
    if (it == all.names.end())
      throw bad_input("--mutant",
                      "no mistake is called " + tandem::quoted(name) + suggestion(name, all.names));
    all.choose(static_cast<std::size_t>(it - all.names.begin()));
  }

  CLI::App& app_;
  mutant_flag mutant_;
};

}  // namespace

std::unique_ptr<command> make_sweep_command(CLI::App& parent) {
  return std::make_unique<sweep_command>(parent);
}
std::unique_ptr<command> make_merge_command(CLI::App& parent) {
  return std::make_unique<merge_command>(parent);
}
std::unique_ptr<command> make_cell_worker_command(CLI::App& parent) {
  return std::make_unique<cell_worker_command>(parent);
}

}  // namespace tandem::cli
