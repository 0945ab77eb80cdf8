// SPDX-License-Identifier: MIT
#include "table_text.hpp"
#include "tandem/command/json_text.hpp"
#include "tandem/command/units.hpp"
#include "tandem/core/counted.hpp"
#include "tandem/scenarios/campaign/sweep.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

namespace tandem::scenarios {
namespace {

namespace json = boost::json;
using row = table_row;
using named_intervals = std::vector<std::pair<std::string, interval>>;

std::string held_text(const setting_report& of) {
  std::string out;
  const auto add = [&](std::uint64_t count, const char* what) {
    if (count > 0) out += (out.empty() ? "" : ", ") + std::to_string(count) + " " + what;
  };
  add(of.ok, "ok");
  add(of.failed, "FAILED");
  add(of.untested, "UNTESTED");
  add(of.broke, "BROKE");
  add(of.missing, "missing");
  return out + (of.seeds_do_not_differ ? " (=)" : "");
}

const interval* find(const named_intervals& in, const std::string& name) {
  const auto it = std::ranges::find(in, name, &named_intervals::value_type::first);
  return it == in.end() ? nullptr : &it->second;
}

/// Every name, in the order in which settings have them.
std::vector<std::string> names_of(const campaign_report& report,
                                  named_intervals setting_report::*of) {
  std::vector<std::string> names;
  for (const auto& one : report.settings)
    for (const auto& [name, value] : one.*of)
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  return names;
}

/// Of the numbers asked for, those that no cell has: one that nobody was asked about is a slip.
std::string unknown_text(const campaign_report& report, const std::vector<std::string>& numbers) {
  const auto known = names_of(report, &setting_report::numbers);
  std::string out;
  for (const auto& name : numbers)
    if (!known.empty() && std::ranges::find(known, name) == known.end())
      out += "\n--show " + name + ": no run has a number of that name" + suggestion(name, known) +
             "; --measure takes whatever a line can compute\n";
  return out;
}

std::string worst_text(const campaign_report& report) {
  const setting_report* worst = nullptr;
  const auto badness = [](const setting_report& of) {
    return of.broke * 1'000'000 + of.failed * 1000 + of.untested;
  };
  for (const auto& one : report.settings)
    if (one.worst && (worst == nullptr || badness(one) > badness(*worst))) worst = &one;
  if (worst == nullptr) return {};
  return "\nThe worst, seed " + std::to_string(worst->worst->seed) + ": " + worst->worst_why +
         "\n  " + rerun_line(*worst->worst) + "\n";
}

json::object object_of(const named_intervals& of) {
  json::object out;
  for (const auto& [name, value] : of) out[name] = object_of(value);
  return out;
}

}  // namespace

std::string to_table(const campaign_plan& plan, const campaign_report& report,
                     const std::vector<std::string>& numbers) {
  const auto lines = names_of(report, &setting_report::lines);
  row head;
  for (const auto& axis : plan.axes) head.push_back(axis.path);
  if (plan.levels.size() > 1) head.push_back("level");
  head.push_back("seeds");
  std::string legend;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    head.push_back("[" + std::to_string(i + 1) + "]");
    legend += "  [" + std::to_string(i + 1) + "] " + lines[i] + "\n";
  }
  for (const auto* more : {&plan.also, &numbers})
    head.insert(head.end(), more->begin(), more->end());
  std::vector<row> rows{head};
  bool same = false;
  for (const auto& one : report.settings) {
    row cells = plan.settings[one.setting].values;
    if (plan.levels.size() > 1) cells.push_back(one.level);
    cells.push_back(held_text(one));
    same = same || one.seeds_do_not_differ;
    const auto add = [&](const named_intervals& in, const std::string& name) {
      const auto* found = find(in, name);
      cells.push_back(found ? text_of(*found) : "-");
    };
    for (const auto& line : lines) add(one.lines, line);
    for (const auto& line : plan.also) add(one.also, line);
    for (const auto& name : numbers) add(one.numbers, name);
    rows.push_back(std::move(cells));
  }
  auto out = aligned(rows);
  if (!legend.empty()) out += "\nMeasured, the mean of the seeds and its 95 % interval:\n" + legend;
  if (same) out += "\n(=) every seed did the same: nothing in it is random, one seed is enough\n";
  return out + unknown_text(report, numbers) + worst_text(report);
}

std::string to_json(const campaign_plan& plan, const campaign_report& report) {
  json::array settings;
  for (const auto& one : report.settings) {
    json::object values;
    for (std::size_t i = 0; i < plan.axes.size(); ++i)
      values[plan.axes[i].path] = plan.settings[one.setting].values[i];
    json::object out{{"values", std::move(values)},
                     {"level", one.level},
                     {"ok", one.ok},
                     {"failed", one.failed},
                     {"untested", one.untested},
                     {"broke", one.broke},
                     {"missing", one.missing},
                     {"seeds_do_not_differ", one.seeds_do_not_differ},
                     {"expectations", object_of(one.lines)},
                     {"also", object_of(one.also)},
                     {"numbers", object_of(one.numbers)},
                     {"worst", json::value()}};
    if (one.worst)
      out["worst"] = {
          {"seed", one.worst->seed}, {"why", one.worst_why}, {"reproduce", rerun_line(*one.worst)}};
    settings.push_back(std::move(out));
  }
  return json_text(json::object{{"scenario", plan.scenario},
                                {"commit", plan.commit},
                                {"verdict", name_of(report.verdict())},
                                {"stopped", report.stopped},
                                {"cells_run", report.ran},
                                {"cells_reused", report.reused},
                                {"settings", std::move(settings)}}) +
         "\n";
}

std::string plan_text(const campaign_plan& plan, const shard& part, std::uint64_t there) {
  std::vector<row> rows{{}};
  for (const auto& axis : plan.axes) rows.front().push_back(axis.path);
  rows.front().insert(rows.front().end(), {"nodes", "simulated"});
  const auto runs = plan.levels.size() * plan.seeds.least;
  double seconds = 0;
  for (const auto& one : plan.settings) {
    row cells = one.values;
    cells.push_back(std::to_string(one.nodes));
    cells.push_back(std::to_string(runs) + " x " + format_duration(one.length));
    rows.push_back(std::move(cells));
    seconds += static_cast<double>(runs) * std::chrono::duration<double>(one.length).count();
  }
  auto out = aligned(rows) + "\n" + counted(plan.settings.size(), "setting") + " x " +
             counted(plan.levels.size(), "level") + " x " + counted(plan.seeds.least, "seed") +
             (plan.seeds.until() ? " or more" : "") + " = " + counted(plan.cells(), "cell") + ", " +
             short_number(seconds) + " s of simulated time";
  if (part.count > 1)
    out += "; shard " + std::to_string(part.number) + " of " + std::to_string(part.count);
  if (there > 0) out += "; " + counted(there, "cell") + " there already";
  return out + "\n";
}

}  // namespace tandem::scenarios
