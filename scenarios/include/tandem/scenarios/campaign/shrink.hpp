// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/campaign/sweep.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tandem::scenarios {

struct shrink_request {
  std::string file;
  std::vector<std::string> sets;
  std::string level;                  ///< empty: the first that the file names
  std::optional<std::uint64_t> seed;  ///< none: the scenario's
  std::string out;                    ///< the file that is written
  std::chrono::duration<double> budget{};
};

/// What a scenario is made of, for a person.
struct scenario_size {
  std::uint64_t nodes = 0;
  std::uint64_t entries = 0;  ///< of the workload and of faults
  std::uint64_t lines = 0;    ///< of its text
  duration length{};
};

struct shrink_report {
  std::string text;  ///< of the smallest file that fails like the original
  std::string line;  ///< what fails
  std::string why;
  scenario_size before;
  scenario_size after;
  std::uint64_t tried = 0;  ///< runs
  bool stopped = false;
  bool out_of_time = false;
};

/// Takes out of a scenario that fails whatever it fails without: groups, work, faults, settings,
/// nodes, time (Zeller and Hildebrandt 2002, on each level of the tree: Misherghi and Su 2006). The
/// same seed must fail with the same line, with a value where it had one. Writes the result, and
/// candidates beside it while they run. Throws bad_input when nothing fails, std::runtime_error
/// when it cannot be written.
shrink_report shrink(const shrink_request& of, const std::vector<level>& known,
                     const campaign_options& options);

/// The comment that such a file begins with.
std::string head_of(const shrink_request& of, const shrink_report& report,
                    const std::string& level);

std::string to_text(const shrink_request& of, const shrink_report& report);
std::string to_json(const shrink_request& of, const shrink_report& report);

}  // namespace tandem::scenarios
