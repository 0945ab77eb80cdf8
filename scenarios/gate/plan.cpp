// SPDX-License-Identifier: MIT
#include "tandem/command/bad_input.hpp"
#include "tandem/scenarios/gate/gate.hpp"
#include "tandem/scenarios/read.hpp"

#include <algorithm>
#include <map>

namespace tandem::scenarios {
namespace {

void add_cases(std::vector<gate_case>& to, const std::string& file, const std::vector<level>& known,
               const std::string& level) {
  const auto what = read_scenario(file);
  for (const auto& name : checked_levels(what, known)) {
    const bool built = std::ranges::find(known, name, &level::name) != known.end();
    if (built && (level.empty() || level == name)) to.push_back({file, what.name, name, what.seed});
  }
}

}  // namespace

std::vector<gate_case> plan_cases(const std::vector<std::string>& files,
                                  const std::vector<level>& levels, const std::string& level) {
  if (!level.empty()) level_named(levels, level);
  std::vector<gate_case> cases;
  std::vector<std::string> mistakes;
  for (const auto& file : files) try {
      add_cases(cases, file, levels, level);
    } catch (const bad_inputs& e) {
      mistakes.insert(mistakes.end(), e.lines().begin(), e.lines().end());
    } catch (const bad_input& e) {
      mistakes.emplace_back(e.what());
    }
  // Baselines and reports know a scenario by its name.
  std::map<std::string, std::string> file_of;
  for (const auto& each : cases)
    if (const auto& first = file_of.emplace(each.name, each.file).first->second; first != each.file)
      mistakes.push_back(each.file + ": scenario " + each.name + " is in " + first + " already");
  if (!mistakes.empty()) throw bad_inputs(std::move(mistakes));
  if (!level.empty() && cases.empty())
    throw bad_input("--level " + level, "none of these scenarios is for it: nothing would be run");
  return cases;
}

std::vector<gate_case> shard_of(const std::vector<gate_case>& all, std::size_t number,
                                std::size_t count) {
  std::vector<gate_case> part;
  for (std::size_t i = number - 1; i < all.size(); i += count) part.push_back(all[i]);
  return part;
}

}  // namespace tandem::scenarios
