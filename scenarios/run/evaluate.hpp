// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/run.hpp"
#include "tracker.hpp"

#include <optional>
#include <vector>

namespace tandem::scenarios {

/// Judges every expectation, and adds every invariant that broke. `at_values[i]`: the value that
/// expectation i asked for at an earlier time. `now`: the end, for means.
std::vector<check_result> evaluate(const scenario& what, const tracker& ledger,
                                   const std::vector<std::optional<double>>& at_values,
                                   time_point now);

/// The summaries of every group.
std::vector<group_result> summarize(const scenario& what, const tracker& ledger);

}  // namespace tandem::scenarios
