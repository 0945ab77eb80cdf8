// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tandem::scenarios {

/// One place of a scenario that `tandem swarm` gives other values.
struct swarm_range {
  std::string path;                 ///< as `--set` takes it, without indices of lists
  std::string between;              ///< as candidates::between() reads it; empty: `values`
  std::vector<std::string> values;  ///< one of these
  std::string where;
};

/// What `tandem swarm` draws. In a file `swarm:`; see scenarios/reference/commands/swarm.md.
struct swarm_spec {
  std::vector<swarm_range> vary;
  bool options = true;              ///< also options of managers, in their default ranges
  std::vector<std::string> faults;  ///< kinds; `faults_given` and none: no faults
  bool faults_given = false;
  std::uint64_t faults_most = 6;  ///< of one seed
  std::optional<duration> chaos;  ///< how long faults begin and last; none: as the scenario
  duration within = std::chrono::minutes(15);  ///< all is well again so soon after the last one
};

/// What the file says. Throws as read_scenario() does.
swarm_spec swarm_of(const std::string& path, const std::vector<std::string>& sets);

/// Ranges that options of managers are drawn from, by name: long enough to matter, and none
/// that keeps a healthy peer away for good.
struct default_range {
  const char* option;
  const char* between;
};
const std::vector<default_range>& default_ranges();

/// The kinds of faults there are.
const std::vector<std::string>& fault_kinds();

}  // namespace tandem::scenarios
