// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/compare/difference.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// One number over several seeds.
struct sample {
  double mean = 0;
  double deviation = 0;  ///< standard, of the sample
  friend bool operator==(const sample&, const sample&) = default;
};
/// Of each number that is not always 0.
using samples = std::map<std::string, sample>;

/// How many seeds a spread is of: those that follow the scenario's own.
inline constexpr std::size_t spread_seeds = 8;

/// What a scenario at a level is held to.
struct baseline {
  std::uint64_t seed = 0;
  std::vector<std::pair<std::string, std::string>> layers;
  std::vector<std::pair<std::string, double>> numbers;  ///< those that are not 0
  /// Of numbers that are not the same with every seed; none: runs that take too long to repeat.
  std::optional<samples> spread;
};
/// By level.
using baselines = std::map<std::string, baseline>;

baseline baseline_of(const outcome& found);
void keep_spread(baseline& in, const std::optional<samples>& of);
/// That of all numbers.
std::optional<samples> spread_of(const baseline& of);
/// As an outcome to compare with; expectations are not in it.
outcome outcome_of(const baseline& of, const outcome& like);

/// `FOLDER/baselines/NAME.yaml` of `FOLDER/NAME.yaml`.
std::string baseline_file_of(const std::string& scenario_file);
/// Empty when there is no such file. Throws bad_input with file and line for one that is no
/// baseline.
baselines read_baselines(const std::string& file);
/// Replaces the file as a whole; makes its folder.
void write_baselines(const std::string& file, const std::string& scenario, const baselines& all);

/// To six digits: as many as a file that people review keeps of a spread.
double rounded(double value);
/// Whether draws moved before anything else did: what else moved may be just their consequence.
bool only_draws_moved(const difference& what);
/// Each number of which two samples of `spread_seeds` runs say that they are not of the same
/// distribution (Welch's test; one false alarm in a hundred comparisons of all), in words.
std::vector<std::string> unlike(const samples& before, const samples& now);
/// What numbers were over seeds.
samples samples_of(const std::vector<outcome>& runs);

}  // namespace tandem::scenarios
