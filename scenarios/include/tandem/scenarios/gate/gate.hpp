// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/gate/baseline.hpp"
#include "tandem/scenarios/level.hpp"
#include "tandem/scenarios/scenario.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tandem::scenarios {

/// One thing that the gate looks at: a scenario at a level, with the scenario's seed.
struct gate_case {
  std::string file;
  std::string name;  ///< of the scenario
  std::string level;
  std::uint64_t seed = 1;
  std::string id() const { return name + " at " + level; }
};

/// What is found of a case, the worst first.
enum class gate_status : std::uint8_t {
  broken,    ///< it crashed, or could not be run
  flaky,     ///< run twice, it was not the same: an error of its own
  failed,    ///< an expectation or invariant did not hold
  changed,   ///< it is not what it is held to
  missing,   ///< nothing is known that it could be held to
  untested,  ///< it held only because nothing happened that could have broken it
  not_run,   ///< the budget was over
  ok,
};
std::string_view name_of(gate_status) noexcept;

/// What is wrong, and where a person would look.
struct complaint {
  std::string text;
  std::string file;
  std::size_t line = 0;  ///< 0: no line in particular
};

struct gate_result {
  gate_case what;
  gate_status status = gate_status::not_run;
  std::vector<complaint> complaints;
  std::string changes;            ///< in words, several lines; empty: none
  std::optional<baseline> found;  ///< what it could be held to from now on
  double wall_s = 0;
  std::string reproduce;
};

/// What a case is compared with, beside its expectations.
struct gate_reference {
  enum class kind : std::uint8_t { nothing, baselines, program, results };
  kind what = kind::baselines;
  std::string path;  ///< of the other tandem, or the folder of results
};

struct gate_options {
  std::vector<level> levels;  ///< of this build
  unsigned jobs = 1;
  gate_reference against{};
  /// Not twice: baselines of another build say whether it is the same.
  bool once = false;
  /// Spreads are taken of what changed or has no baseline: for a review.
  bool for_review = false;
  std::optional<std::chrono::duration<double>> budget;
  /// As each ends, in no order.
  std::function<void(const gate_result&)> on_result;
  std::function<bool()> stop;
};

/// The cases of these files at the levels that each declares, or at `level` alone where it declares
/// that. Throws bad_inputs with every mistake in any of them, bad_input when none declares `level`.
std::vector<gate_case> plan_cases(const std::vector<std::string>& files,
                                  const std::vector<level>& levels, const std::string& level = {});
/// The part `number` (from 1) of `count`.
std::vector<gate_case> shard_of(const std::vector<gate_case>& all, std::size_t number,
                                std::size_t count);

/// Runs one case in this process, and judges it.
gate_result check_case(const gate_case& what, const gate_options& options);
/// All of them, each in a process of its own; results in the order of `cases`. Those that the
/// budget or `stop` cut are not_run.
std::vector<gate_result> run_gate(const std::vector<gate_case>& cases, const gate_options& options);

/// 0 all is well, 1 something is wrong, 3 something was not put to the test, 4 the budget was over.
int exit_code_of(const std::vector<gate_result>& results);

/// For people: a line per case that is not ok, with what is wrong, then a sum.
std::string gate_table(const std::vector<gate_result>& results);
std::string gate_json(const std::vector<gate_result>& results);
std::string gate_junit(const std::vector<gate_result>& results);
std::string gate_markdown(const std::vector<gate_result>& results);
/// A line `::error file=,line=::` for each complaint, as GitHub's runners read them.
std::string gate_annotations(const std::vector<gate_result>& results);

}  // namespace tandem::scenarios
