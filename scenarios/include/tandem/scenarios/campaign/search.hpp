// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/command/contradictions.hpp"
#include "tandem/scenarios/campaign/sweep.hpp"
#include "tandem/scenarios/candidates.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// Of all values of one place of a scenario: with which smallest, or largest, one does a line hold?
struct search_request {
  std::string file;
  std::vector<std::string> sets;
  std::string path;  ///< as `--set` takes it
  bool smallest = true;
  std::string such_that;  ///< a line, as expectations write it
  std::string between;    ///< candidates::between(); empty: around the file's value
  std::uint64_t seeds_least = 5;
  std::uint64_t seeds_most = 100;
  std::string level;  ///< empty: the first that the file names
};

/// `20`, or `5..100`: sets seeds_least and seeds_most. Throws std::invalid_argument.
void read_search_seeds(const std::string& text, search_request& of);

struct search_plan {
  search_request asked;
  std::string scenario;
  std::string level;
  std::string commit;
  std::uint64_t first_seed = 1;
  candidates values;
  std::optional<std::size_t> start;  ///< where to begin, when nobody said between what
  expectation line;
  /// The line is about the mean of many runs; else it holds in each run or not.
  bool of_mean = true;

  std::string flag() const;  ///< `--smallest PATH`
  std::string set_of(std::size_t value) const;
  std::vector<std::string> sets_of(std::size_t value) const;
};

/// Reads and checks all before anything runs. Throws bad_inputs.
search_plan plan_search(const search_request& of, const std::vector<level>& known);

/// What the runs with one value gave.
struct tried_value {
  std::size_t index = 0;  ///< of the candidates
  std::string value;
  bool holds = false;
  bool significant = false;  ///< with 95 %, however often it was looked at
  std::uint64_t seeds = 0;
  std::uint64_t failed = 0;    ///< seeds in which the line did not hold
  std::uint64_t untested = 0;  ///< in which it held because nothing happened
  interval number;             ///< the left side of the line
  std::string why;             ///< what broke it, or why a run did not come to its end
};

/// Judges what these runs gave, all that there are of a value, in the order of their seeds; true:
/// more of them are not needed.
bool judge_value(const search_plan& plan, const std::vector<cell_result>& runs, tried_value& to);

/// What a search finds, whoever says what holds.
struct search_course {
  std::optional<std::size_t> answer;  ///< of the candidates
  /// A contradiction to what holds on from one value on; empty: none was seen.
  std::string not_monotone;
  bool all_tried = false;   ///< every candidate
  bool at_the_end = false;  ///< of what was looked at: it may hold beyond
};
struct search_space {
  const candidates& values;
  std::optional<std::size_t> start;
  bool smallest = true;
};
/// What is known of these values; the references last as long as the search.
using ask_values = std::function<std::vector<const tried_value*>(const std::vector<std::size_t>&)>;
search_course search(const search_space& in, const ask_values& ask);

/// What a node of a group takes at its limits.
struct group_cost {
  std::string group;
  /// Nothing: it has no limit. Descriptors count what is pending as far as that has one.
  std::optional<machine_needs> needs;
  bool pending_has_limit = true;
};
group_cost cost_of(const group& of);

struct search_report {
  search_course found;
  std::vector<tried_value> tried;  ///< by value
  bool stopped = false;
  std::uint64_t ran = 0;
  std::uint64_t reused = 0;
  std::vector<group_cost> cost;  ///< of each listening group, with the answer

  const tried_value* answer() const;
  /// It holds with the answer, not with its neighbour, and neither is chance or was untested.
  bool certain() const;
};

/// `workers`, `out`, `overwrite`, `on_progress` and `stop` are asked. What the folder holds is not
/// run again. Throws bad_input and std::runtime_error as run_campaign().
search_report run_search(const search_plan& plan, const campaign_options& options);

std::string to_text(const search_plan& plan, const search_report& report);
std::string to_json(const search_plan& plan, const search_report& report);

}  // namespace tandem::scenarios
