// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/campaign/plan.hpp"
#include "tandem/scenarios/run.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// What was found of an expectation, an invariant that broke, or a fault (`fault: TEXT`).
struct cell_line {
  std::string text;
  enum verdict verdict = verdict::failed;
  std::string measured;
  std::optional<double> value{};  ///< check_result::value
  std::string why{};

  friend bool operator==(const cell_line&, const cell_line&) = default;
};

/// What a cell gave, without anything that differs between hosts.
struct cell_result {
  std::string broke{};  ///< why it did not run to its end; empty: it did
  enum verdict verdict = verdict::ok;
  std::string trace_hash{};           ///< empty where time is real
  std::vector<std::string> prints{};  ///< text_of() each layer; none where time is real
  std::uint64_t events = 0;
  std::vector<cell_line> lines{};
  std::vector<cell_line> also{};  ///< of cell::also
  /// `server.icn_p2p_active_connections.max`, `server.refusals.LimitReached`, ...; seconds.
  std::vector<std::pair<std::string, double>> numbers{};

  bool ran() const noexcept { return broke.empty(); }
  /// What it did, whatever its seed: equal for runs in which nothing was random. The trace itself
  /// begins with the seed. Empty where time is real.
  std::string conduct() const;
  friend bool operator==(const cell_result&, const cell_result&) = default;
};

/// Of a run that was not stopped.
cell_result cell_result_of(const run_result& run);

/// Runs one cell here. What is wrong with it is said in `broke`.
cell_result run_cell(const cell& what, const std::vector<level>& known);

/// One line, without its newline.
std::string to_line(const cell& of);
std::string to_line(const cell_result& of);
/// Throw std::invalid_argument for anything else.
cell cell_of_line(std::string_view line);
cell_result cell_result_of_line(std::string_view line);

/// The line that runs it again by itself.
std::string rerun_line(const cell& of);

}  // namespace tandem::scenarios
