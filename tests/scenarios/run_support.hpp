// SPDX-License-Identifier: MIT
#pragma once

#include "source_dir.hpp"
#include "tandem/scenarios/find.hpp"
#include "tandem/scenarios/read.hpp"
#include "tandem/scenarios/run.hpp"

#include <string>
#include <vector>

namespace tandem::scenarios {

/// Every level of this build.
inline std::vector<level> test_levels() {
#ifdef TANDEM_NS3
  return standard_levels(packet_level());
#else
  return standard_levels();
#endif
}

/// The levels of this build that run in virtual time.
inline std::vector<std::string> virtual_levels() {
  std::vector<std::string> names;
  for (const auto& level : test_levels())
    if (level.virtual_time) names.push_back(level.name);
  return names;
}

inline run_result run_on(const scenario& what, const std::string& level,
                         const run_options& options = {}) {
  const auto levels = test_levels();
  return run(what, level_named(levels, level), options);
}

inline scenario shipped(const std::string& name, const std::vector<std::string>& sets = {}) {
  return read_scenario(source_dir() + "/scenarios/" + name + ".yaml", sets);
}

/// The files of scenarios/.
inline std::vector<std::string> shipped_files() {
  return scenarios_in(source_dir() + "/scenarios");
}

/// What did not hold, and the line that runs it again.
inline std::string failures_of(const run_result& r) {
  std::string text;
  for (const auto& check : r.checks)
    if (!check.ok())
      text += std::string(name_of(check.verdict)) + ": " + check.text + ": measured " +
              check.measured + "; " + check.why + "\n";
  for (const auto& fault : r.faults)
    if (fault.verdict != verdict::ok) text += "fault: " + fault.text + ": " + fault.why + "\n";
  return text + r.reproduce;
}

}  // namespace tandem::scenarios
