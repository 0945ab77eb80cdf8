// SPDX-License-Identifier: MIT
#include "tandem/command/bad_input.hpp"
#include "tandem/command/units.hpp"
#include "tandem/core/counted.hpp"
#include "tandem/scenarios/campaign/swarm.hpp"
#include "tandem/scenarios/candidates.hpp"
#include "tandem/scenarios/read.hpp"
#include "variation.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <utility>

namespace tandem::scenarios {
namespace {

std::string list_text(const std::vector<std::string>& entries) {
  std::string out;
  for (const auto& entry : entries) out += (out.empty() ? "" : ", ") + entry;
  return "[" + out + "]";
}

/// Lines in quotes: in YAML as in JSON.
std::vector<std::string> quoted_all(const std::vector<std::string>& lines) {
  std::vector<std::string> out;
  for (const auto& line : lines) out.push_back(boost::json::serialize(boost::json::value(line)));
  return out;
}

}  // namespace

swarm_plan::swarm_plan(const swarm_request& of, const std::vector<level>& known)
    : asked_(of), base_(read_scenario(of.file, of.sets)), spec_(swarm_of(of.file, of.sets)) {
  scenario = base_.name;
  level_name = of.level.empty() ? levels_of(base_, known).front() : of.level;
  on_ = &level_named(known, level_name);
  check_level(base_, *on_);
  first_seed = of.first_seed.value_or(base_.seed);
  eventually = "eventually within " + format_duration(spec_.within);
  const auto verbs = kinds_in(base_, "workload");
  heals = std::ranges::find(verbs, "keep_connected") != verbs.end();
  if (!heals)
    notes.push_back("no `keep_connected` in the workload: nothing is missing, `" + eventually +
                    "` holds whatever happens");
  choose_lines();
  choose_kinds(spec_);
  for (const auto& range : spec_.vary) {
    auto ends = range.values;
    if (!range.between.empty()) {
      const auto values = candidates::between(range.between);
      ends = {values.text(0), values.text(values.size() - 1)};
    }
    for (const auto& value : ends) {
      auto sets = asked_.sets;
      sets.push_back(range.path + "=" + value);
      try {
        check_level(read_scenario(asked_.file, sets), *on_);
      } catch (const bad_input& e) {
        throw bad_input(range.where, quoted(range.path) + " of `swarm`: " + e.what());
      }
    }
  }
}

// The rest of a scenario's lines is about the run as it was meant.
void swarm_plan::choose_lines() {
  std::vector<std::string> left_out;
  auto undisturbed = asked_.sets;
  undisturbed.emplace_back("faults=[]");
  undisturbed.emplace_back("expectations=[]");
  const auto without_faults = read_scenario(asked_.file, undisturbed);
  for (const auto& line : base_.expectations) {
    const bool safety = line.how == expectation::quantifier::always;
    if (!safety && line.how != expectation::quantifier::sometimes) {
      left_out.push_back(line.text);
      continue;
    }
    try {
      read_lines({line.text}, without_faults);
      (safety ? kept : goals).push_back(line.text);
    } catch (const bad_input&) {
      left_out.push_back(line.text);  // it names a fault of the file
    }
  }
  if (!left_out.empty())
    notes.push_back(counted(left_out.size(), "expectation is", "expectations are") +
                    " about the run without chaos and left out, as " + quoted(left_out.front()));
}

void swarm_plan::choose_kinds(const swarm_spec& spec) {
  if (spec.faults_given && spec.faults.empty()) return;
  const variation draw(base_, spec, {});
  for (const auto& kind : spec.faults_given ? spec.faults : fault_kinds()) {
    auto random = random_stream::of(1, "swarm kind", 0);
    auto sets = asked_.sets;
    sets.push_back("faults=[" + draw.fault(kind, random) + "]");
    sets.emplace_back("expectations=[]");
    try {
      check_level(read_scenario(asked_.file, sets), *on_);
      kinds.push_back(kind);
    } catch (const bad_input& e) {
      if (spec.faults_given)
        throw bad_input(asked_.file, "`swarm.faults`: " + std::string(e.what()));
      notes.push_back("no fault of the kind " + quoted(kind) + ": level " + level_name +
                      " cannot honour it");
    }
  }
}

bool swarm_plan::is_fine(const std::vector<std::string>& sets) const {
  try {
    check_level(read_scenario(asked_.file, sets), *on_);
    return true;
  } catch (const bad_input&) {
    return false;
  }
}

std::vector<std::string> swarm_plan::sets_with(const std::vector<std::string>& more) const {
  auto sets = asked_.sets;
  sets.insert(sets.end(), more.begin(), more.end());
  return sets;
}

cell swarm_plan::cell_of(std::uint64_t seed) const {
  const variation draw(base_, spec_, kinds);
  auto values = draw.values(seed);
  const auto length = std::max(base_.length, draw.chaos()) + spec_.within + std::chrono::seconds(1);
  auto lines = kept;
  lines.insert(lines.end(), goals.begin(), goals.end());
  lines.push_back(eventually);
  const std::vector<std::string> whole{"duration=" + format_duration(length),
                                       "faults=" + list_text(draw.faults(seed)),
                                       "expectations=" + list_text(quoted_all(lines))};
  const auto all = [&] {
    auto sets = sets_with(values);
    sets.insert(sets.end(), whole.begin(), whole.end());
    return sets;
  };
  // Options that contradict each other: one after the other goes until the rest can be read.
  while (!values.empty() && !is_fine(all())) {
    const auto drop = std::ranges::find_if(std::as_const(values), [&](const std::string& value) {
      return !is_fine(sets_with({value}));
    });
    values.erase(drop != values.end() ? drop : std::prev(values.cend()));
  }
  return {asked_.file, all(), level_name, seed, {}, {}};
}

}  // namespace tandem::scenarios
