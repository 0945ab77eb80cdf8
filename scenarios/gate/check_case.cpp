// SPDX-License-Identifier: MIT
#include "judging.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/units.hpp"
#include "tandem/core/counted.hpp"
#include "tandem/scenarios/read.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tandem::scenarios {
namespace {

/// A spread is taken of runs that are not longer than so many steps of managers.
constexpr std::uint64_t steps_to_repeat = 60'000;

class case_check {
 public:
  case_check(const gate_case& of, const gate_options& options)
      : options_(options),
        what_(read_scenario(of.file)),
        on_(level_named(options.levels, of.level)) {
    made_.what = of;
  }

  gate_result run() {
    const auto first = run_once({});
    made_.reproduce = first.reproduce;
    made_.wall_s = first.wall_s;
    made_.status = gate_status::ok;
    judge(first);
    if (on_.virtual_time && !options_.once) look_for_a_difference(first);
    const auto found = outcome_of(first);
    if (on_.virtual_time && options_.against.what == gate_reference::kind::baselines)
      hold_to_baseline(found);
    if (options_.against.what == gate_reference::kind::program ||
        options_.against.what == gate_reference::kind::results)
      compare_with_another(found);
    return std::move(made_);
  }

 private:
  run_result run_once(std::optional<std::uint64_t> seed, bool events = false) const {
    run_options options;
    options.seed = seed.value_or(made_.what.seed);
    options.record_events = events;
    return scenarios::run(what_, on_, options);
  }

  void complain(gate_status how, const std::string& text, std::size_t line = 0,
                const std::string& file = {}) {
    made_.status = std::min(made_.status, how);
    made_.complaints.push_back({text, file.empty() ? made_.what.file : file, line});
  }

  void judge(const run_result& r) {
    for (const auto& check : r.checks)
      if (!check.ok())
        complain(check.verdict == verdict::failed ? gate_status::failed : gate_status::untested,
                 fmt::format("{}: {}: measured {}; {}", name_of(check.verdict), check.text,
                             check.measured, check.why),
                 line_of_expectation(what_, check.text));
    for (std::size_t i = 0; i < r.faults.size(); ++i)
      if (const auto& fault = r.faults[i]; fault.verdict != verdict::ok)
        complain(gate_status::untested,
                 fmt::format("{}: fault {}: {}", name_of(fault.verdict), fault.text, fault.why),
                 line_of(what_, "faults." + std::to_string(i)));
  }

  // A level that is deterministic and differs from itself is an error of its own.
  void look_for_a_difference(const run_result& first) {
    const auto second = run_once({});
    if (second.trace_hash == first.trace_hash) return;
    const auto a = outcome_of(run_once({}, true)), b = outcome_of(run_once({}, true));
    made_.changes = in_words(compare(a, b));
    complain(gate_status::flaky,
             fmt::format("flaky: run twice with seed {}, its traces are {} and {}", made_.what.seed,
                         first.trace_hash, second.trace_hash));
  }

  std::optional<samples> spread(const outcome& found) const {
    if (found.steps > steps_to_repeat) return {};
    std::vector<outcome> runs;
    for (std::uint64_t i = 1; i <= spread_seeds; ++i)
      runs.push_back(outcome_of(run_once(made_.what.seed + i)));
    return samples_of(runs);
  }

  void hold_to_baseline(const outcome& found) {
    const auto file = baseline_file_of(made_.what.file);
    const auto all = read_baselines(file);
    const auto it = all.find(made_.what.level);
    made_.found = baseline_of(found);
    if (it == all.end()) {
      if (options_.for_review) keep_spread(*made_.found, spread(found));
      return complain(
          gate_status::missing,
          fmt::format("it has no baseline in {}; `tandem ci --review` makes one", file));
    }
    const auto& held = it->second;
    made_.found->spread = held.spread;
    const auto differs = compare(outcome_of(held, found), found);
    if (held.seed == found.seed && differs.layers.empty() && differs.numbers.empty()) return;
    const auto begins = where_it_begins(differs);
    made_.changes = begins + in_words(differs);
    if (held.seed != found.seed)
      made_.changes = fmt::format("the baseline is of seed {}\n", held.seed) + made_.changes;
    const bool draws = held.seed == found.seed && only_draws_moved(differs) && held.spread;
    const auto now = draws || options_.for_review ? spread(found) : std::optional<samples>();
    if (options_.for_review) keep_spread(*made_.found, now);
    if (draws && now) return judge_spread(*spread_of(held), *now, differs, begins);
    complain(gate_status::changed, "it is not what its baseline says: " + first_line(differs), 0);
  }

  // A baseline has no events: those that are there now, where it begins to be another run.
  std::string where_it_begins(const difference& differs) const {
    if (differs.layers.empty()) return {};
    const auto eighth = std::ranges::min(differs.layers, {}, &layer_difference::eighth).eighth;
    const auto at = [&](std::size_t n) { return what_.length * static_cast<std::int64_t>(n) / 8; };
    constexpr std::size_t few = 3;
    const auto now =
        events_in_words(outcome_of(run_once({}, true)), at(eighth), at(eighth + 1), few);
    return fmt::format("it begins between {} and {}; {}{}", format_moment(at(eighth)),
                       format_moment(at(eighth + 1)),
                       now.empty() ? "no event is there now\n" : "now the first events there are\n",
                       now);
  }

  void judge_spread(const samples& before, const samples& now, difference differs,
                    const std::string& begins) {
    const auto apart = unlike(before, now);
    if (apart.empty()) {
      made_.changes =
          fmt::format("random draws moved; over {} seeds each number is distributed as before\n{}",
                      spread_seeds, made_.changes);
      return;
    }
    complain(gate_status::changed,
             fmt::format("{}, and not by other random numbers alone: {} moved", first_line(differs),
                         counted(apart.size(), "number")));
    // What each is over several seeds is all that is said of it.
    std::erase_if(differs.numbers, [&](const auto& moved) {
      return std::ranges::any_of(
          apart, [&](const auto& said) { return said.starts_with(moved.name + ": "); });
    });
    made_.changes = fmt::format("{}\n", fmt::join(apart, "\n")) + begins + in_words(differs);
  }

  void compare_with_another(const outcome& found) {
    const auto other = other_outcome(options_.against, what_, found, false);
    if (!other)
      return complain(gate_status::missing, "there is no result of it in " + options_.against.path);
    auto differs = compare(*other, found);
    if (differs.same || (!on_.virtual_time && differs.lines.empty())) return;
    // Again with events, to say what was first.
    if (on_.virtual_time)
      if (const auto with = other_outcome(options_.against, what_, found, true))
        differs = compare(*with, outcome_of(run_once({}, true)));
    made_.changes = in_words(differs);
    complain(gate_status::changed,
             fmt::format("it differs from {}: {}", options_.against.path, first_line(differs)));
  }

  const gate_options& options_;
  scenario what_;
  const level& on_;
  gate_result made_;
};

}  // namespace

std::string first_line(const difference& of) {
  std::string names;
  for (const auto& layer : of.layers) names += (names.empty() ? "" : ", ") + layer.name;
  if (!names.empty()) return names + " moved";
  if (!of.lines.empty()) return of.lines.front().text;
  if (!of.numbers.empty()) return of.numbers.front().name + " moved";
  return "its trace moved";
}

std::size_t line_of(const scenario& what, const std::string& path) {
  const auto it = what.where.find(path);
  if (it == what.where.end() || !it->second.starts_with(what.file + ":")) return 0;
  return std::strtoul(it->second.c_str() + what.file.size() + 1, nullptr, 10);
}

std::size_t line_of_expectation(const scenario& what, const std::string& text) {
  const auto it = std::ranges::find(what.expectations, text, &expectation::text);
  if (it == what.expectations.end()) return 0;
  return line_of(what, "expectations." + std::to_string(it - what.expectations.begin()));
}

gate_result check_case(const gate_case& what, const gate_options& options) {
  return case_check(what, options).run();
}

}  // namespace tandem::scenarios
