// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/command/recording.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// What was fitted to what was seen.
struct learned_fit {
  std::string what;        ///< `arrivals`, `holding times`, `round trips`
  std::string text;        ///< as a scenario says it: `{exponential: 10.02s}`
  std::size_t values = 0;  ///< that it was fitted to
  double distance = 0;     ///< of Kolmogorov and Smirnov: the largest of the two cumulated shares
  std::string why{};       ///< what a person should know of it
};

/// A scenario like what a node recorded: as seen from there, without names and addresses.
struct learned_scenario {
  std::string yaml;
  std::string node;  ///< whose recording it was: its peer id
  std::vector<learned_fit> fits;
  /// What failed and how connections ended, by cause.
  std::vector<std::pair<std::string, std::uint64_t>> failures;
};

/// Learns from the runs of one node; of several nodes from the one with the most connections.
/// `name` is the scenario's. Throws bad_input when too little was recorded to fit anything, or when
/// a recording is damaged.
learned_scenario learn(const std::vector<recording>& runs, const std::string& name);

}  // namespace tandem::scenarios
