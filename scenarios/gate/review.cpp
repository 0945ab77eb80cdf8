// SPDX-License-Identifier: MIT
#include "tandem/scenarios/gate/review.hpp"

#include "tandem/scenarios/read.hpp"

#include <algorithm>
#include <map>

namespace tandem::scenarios {
namespace {

bool asks(const gate_result& of) {
  const bool differs =
      of.status == gate_status::changed || (of.status == gate_status::ok && !of.changes.empty());
  return of.found && (differs || of.status == gate_status::missing);
}

void forget_what_is_not_declared(baselines& all, const std::string& scenario_file) {
  const auto levels = read_scenario(scenario_file).levels;
  if (levels.empty()) return;
  std::erase_if(all, [&](const auto& entry) {
    return std::ranges::find(levels, entry.first) == levels.end();
  });
}

}  // namespace

std::size_t review(const std::vector<gate_result>& results,
                   const std::function<answer(const gate_result&)>& ask) {
  struct file {
    std::string scenario;
    baselines all;
  };
  std::map<std::string, file> files;  // by that of the scenario
  std::size_t accepted = 0;
  for (const auto& each : results) {
    if (!asks(each)) continue;
    const auto said = ask(each);
    if (said == answer::quit) break;
    if (said != answer::accept) continue;
    auto [it, first] = files.try_emplace(each.what.file);
    if (first) it->second = {each.what.name, read_baselines(baseline_file_of(each.what.file))};
    it->second.all[each.what.level] = *each.found;
    ++accepted;
  }
  for (auto& [path, one] : files) {
    forget_what_is_not_declared(one.all, path);
    write_baselines(baseline_file_of(path), one.scenario, one.all);
  }
  return accepted;
}

}  // namespace tandem::scenarios
