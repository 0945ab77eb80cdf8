// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/run.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// What a run found, as far as two of them are compared: made of a run, of a result file, or of
/// what another tandem printed.
struct outcome {
  struct line {
    std::string text;
    std::string verdict;
    std::string measured;
    friend bool operator==(const line&, const line&) = default;
  };
  std::string name;  ///< what a person calls it
  std::string scenario;
  std::string level;
  std::uint64_t seed = 0;
  std::string commit;
  std::string verdict;
  std::string trace_hash;  ///< empty where time is real
  std::uint64_t steps = 0;
  std::vector<std::pair<std::string, std::string>> layers;  ///< none: not known
  std::vector<line> lines;                                  ///< expectations, then invariants
  /// `server.refusals.LimitReached`; counts that are 0 may be missing.
  std::vector<std::pair<std::string, double>> numbers;
  std::vector<std::string> nodes;  ///< their names
  bool has_events = false;
  event_table events;
};

outcome outcome_of(const run_result& result);
/// Of one object of `tandem run --json`, without events; keys that an older version did not print
/// may be missing. Throws bad_input naming `from` when it is no such object.
outcome outcome_of_json(std::string_view object, const std::string& from);
/// Of a file of write_sqlite(), or of an older version of it. Throws bad_input naming the file.
outcome read_outcome(const std::string& file);

/// One row of events for a person, without its time.
std::string event_in_words(const outcome& of, std::size_t row);

}  // namespace tandem::scenarios
