// SPDX-License-Identifier: MIT
#include "tandem/command/bad_input.hpp"
#include "tandem/command/version.hpp"
#include "tandem/scenarios/campaign/cells.hpp"
#include "tandem/scenarios/read.hpp"
#include "tandem/scenarios/rerun.hpp"

#include <exception>

namespace tandem::scenarios {
namespace {

using numbers = std::vector<std::pair<std::string, double>>;

void add_counts(const std::string& name, const cause_counts& counts, numbers& out) {
  for (const auto& [cause, count] : counts)
    out.emplace_back(name + "." + cause, static_cast<double>(count));
}

void add_numbers(const group_result& group, numbers& out) {
  const auto name = group.name + ".";
  for (const auto& [metric, value] : group.metrics) {
    out.emplace_back(name + metric, value.last);
    out.emplace_back(name + metric + ".min", value.min);
    out.emplace_back(name + metric + ".max", value.max);
  }
  add_counts(name + "refusals", group.refusals, out);
  add_counts(name + "dial_failed", group.summary.failed, out);
  add_counts(name + "closed", group.summary.closed, out);
  if (const auto time = group.summary.dial_p50) out.emplace_back(name + "dial_time.p50", *time);
  if (const auto time = group.summary.dial_p99) out.emplace_back(name + "dial_time.p99", *time);
  out.emplace_back(name + "attempts.peak", static_cast<double>(group.summary.attempts_peak));
}

cell_line line_of(const check_result& check) {
  return {check.text, check.verdict, check.measured, check.value, check.why};
}

cell_result ran(const cell& what, const std::vector<level>& known) {
  const auto scenario = read_scenario(what.file, what.sets);
  if (!what.key.empty() && key_of(what, content_hash(scenario), build_commit()) != what.key)
    throw bad_input(what.file,
                    "the scenario, or the program, changed while cells were running; "
                    "run the campaign again");
  run_options options;
  options.seed = what.seed;
  options.record_events = false;
  options.node_samples_max = 0;
  options.also = read_measures(what.also, scenario);
  return cell_result_of(run(scenario, level_named(known, what.level), options));
}

}  // namespace

cell_result cell_result_of(const run_result& run) {
  cell_result out;
  out.verdict = run.verdict;
  out.trace_hash = run.trace_hash;
  if (run.prints)
    for (const auto& print : *run.prints) out.prints.push_back(text_of(print));
  out.events = run.events;
  for (const auto& check : run.checks) out.lines.push_back(line_of(check));
  for (const auto& check : run.also) out.also.push_back(line_of(check));
  for (const auto& fault : run.faults) {
    std::uint64_t touched = 0;
    for (const auto count : fault.touched) touched += count;
    out.lines.push_back({"fault: " + fault.text, fault.verdict, std::to_string(touched),
                         static_cast<double>(touched), fault.why});
  }
  for (const auto& group : run.groups) add_numbers(group, out.numbers);
  return out;
}

cell_result run_cell(const cell& what, const std::vector<level>& known) {
  try {
    return ran(what, known);
  } catch (const std::exception& e) {
    return {.broke = e.what(), .verdict = verdict::failed};
  }
}

std::string rerun_line(const cell& of) { return rerun_line(of.file, of.level, of.seed, of.sets); }

}  // namespace tandem::scenarios
