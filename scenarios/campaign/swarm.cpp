// SPDX-License-Identifier: MIT
#include "tandem/scenarios/campaign/swarm.hpp"

#include "results/whole_file.hpp"
#include "table_text.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/json_text.hpp"
#include "tandem/command/units.hpp"
#include "tandem/core/counted.hpp"
#include "tandem/scenarios/rerun.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

using wall_clock = std::chrono::steady_clock;

class swarm_run {
 public:
  swarm_run(const swarm_plan& plan, const swarm_options& options) : plan_(plan), options_(options) {
    report_.reached.resize(plan.goals.size());
  }

  swarm_report run() {
    while (!over()) {
      std::vector<cell> cells;
      for (std::uint64_t i = 0; i < batch(); ++i)
        cells.push_back(plan_.cell_of(plan_.first_seed + begun_ + i));
      begun_ += cells.size();
      at_.total = options_.runs.value_or(begun_);
      if (!run_cells(
              cells, options_.workers, [&](const cell_done& one) { hear(cells[one.index], one); },
              [&] { return ask(); }))
        break;
    }
    std::ranges::sort(report_.failures, {}, &swarm_failure::seed);
    return std::move(report_);
  }

 private:
  std::uint64_t batch() const {
    const std::uint64_t most = 8 * options_.workers.jobs;
    return options_.runs ? std::min(most, *options_.runs - begun_) : most;
  }
  bool out_of_time() const {
    return !options_.runs && wall_clock::now() - began_ >= options_.budget;
  }
  bool over() const {
    if (options_.runs) return begun_ >= *options_.runs;
    return out_of_time() || (!plan_.goals.empty() && report_.all_reached());
  }
  bool ask() {
    at_.wall = wall_clock::now() - began_;
    if (options_.on_progress) options_.on_progress(at_);
    if (options_.stop && options_.stop()) report_.stopped = true;
    return report_.stopped || out_of_time();
  }

  void hear(const cell& of, const cell_done& one) {
    ++report_.runs;
    ++at_.done;
    const auto& result = one.result;
    std::vector<std::string> why;
    if (!result.ran()) why.push_back(result.broke);
    swarm_failure failure{of.seed, result.broke, {}, {}, {}};
    for (const auto& line : result.lines) {
      if (reach(line, of.seed) || line.text.starts_with("fault: ")) continue;
      if (line.text == plan_.eventually && line.verdict == verdict::ok) ++report_.healed;
      if (line.verdict != verdict::failed) continue;
      why.push_back(line.text + ": measured " + line.measured);
      if (!line.why.empty()) why.push_back("  " + line.why);
      if (failure.line.empty()) {
        failure.line = line.text;
        failure.why = line.why.empty() ? line.measured : line.why;
      }
    }
    if (!why.empty()) keep(of, why, std::move(failure));
  }

  bool reach(const cell_line& line, std::uint64_t seed) {
    const auto goal = std::ranges::find(plan_.goals, line.text);
    if (goal == plan_.goals.end()) return false;
    auto& first = report_.reached[static_cast<std::size_t>(goal - plan_.goals.begin())];
    if (line.verdict == verdict::ok) first = std::min(first.value_or(seed), seed);
    return true;
  }

  void keep(const cell& of, const std::vector<std::string>& why, swarm_failure failure) {
    ++at_.failed;
    std::error_code error;
    std::filesystem::create_directories(options_.out, error);
    const auto path =
        std::filesystem::path(options_.out) / ("seed-" + std::to_string(of.seed) + ".yaml");
    write_whole(path.string(), plan_.file_of(of, why, options_.out));
    failure.file = path.string();
    failure.rerun = rerun_line(path.string(), of.level, of.seed, {});
    report_.failures.push_back(std::move(failure));
  }

  const swarm_plan& plan_;
  const swarm_options& options_;
  swarm_report report_;
  campaign_progress at_;
  std::uint64_t begun_ = 0;
  wall_clock::time_point began_ = wall_clock::now();
};

/// Seeds by the line that failed, the line of the first seed first.
std::vector<std::vector<const swarm_failure*>> by_line(const swarm_report& report) {
  std::vector<std::vector<const swarm_failure*>> out;
  for (const auto& each : report.failures) {
    const auto it = std::ranges::find_if(
        out, [&](const auto& group) { return group.front()->line == each.line; });
    if (it == out.end())
      out.push_back({&each});
    else
      it->push_back(&each);
  }
  return out;
}

}  // namespace

bool swarm_report::all_reached() const {
  return std::ranges::all_of(reached, [](const auto& seed) { return seed.has_value(); });
}

swarm_report run_swarm(const swarm_plan& plan, const swarm_options& options) {
  return swarm_run(plan, options).run();
}

std::string to_text(const swarm_plan& plan, const swarm_report& report) {
  std::string out = plan.scenario + " at " + plan.level_name + ": " + counted(report.runs, "seed") +
                    " from " + std::to_string(plan.first_seed) + ", " +
                    std::to_string(report.failures.size()) + " failed";
  if (plan.heals)
    out += ", " + std::to_string(report.healed) + " lost connections and had all of them again";
  out += report.stopped ? "; stopped\n" : "\n";
  if (!plan.goals.empty()) {
    std::vector<table_row> rows;
    for (std::size_t i = 0; i < plan.goals.size(); ++i)
      rows.push_back({"  " + plan.goals[i],
                      report.reached[i] ? "seed " + std::to_string(*report.reached[i]) : "NEVER"});
    out += "\nReached first with:\n" + aligned(rows);
  }
  for (const auto& group : by_line(report)) {
    const auto& first = *group.front();
    out += "\nFAILED " + first.line + "\n  seed " + std::to_string(first.seed);
    if (!first.why.empty()) out += ": " + first.why;
    out += "\n  " + first.rerun + "\n";
    if (group.size() > 1) {
      out += "  as well with";
      for (std::size_t i = 1; i < group.size() && i < 10; ++i)
        out += " " + std::to_string(group[i]->seed);
      if (group.size() > 10) out += " and " + std::to_string(group.size() - 10) + " more";
      out += "\n";
    }
  }
  if (!plan.notes.empty()) out += "\n";
  for (const auto& note : plan.notes) out += "Note: " + note + "\n";
  return out;
}

std::string to_json(const swarm_plan& plan, const swarm_report& report) {
  namespace json = boost::json;
  json::array goals;
  for (std::size_t i = 0; i < plan.goals.size(); ++i)
    goals.push_back(
        {{"line", plan.goals[i]},
         {"seed", report.reached[i] ? json::value(*report.reached[i]) : json::value()}});
  json::array failures;
  for (const auto& each : report.failures)
    failures.push_back({{"seed", each.seed},
                        {"line", each.line},
                        {"why", each.why},
                        {"file", each.file},
                        {"reproduce", each.rerun}});
  return json_text(json::object{{"scenario", plan.scenario},
                                {"level", plan.level_name},
                                {"first_seed", plan.first_seed},
                                {"runs", report.runs},
                                {"healed", report.healed},
                                {"stopped", report.stopped},
                                {"faults", json::value_from(plan.kinds)},
                                {"goals", std::move(goals)},
                                {"failures", std::move(failures)},
                                {"notes", json::value_from(plan.notes)}}) +
         "\n";
}

}  // namespace tandem::scenarios
