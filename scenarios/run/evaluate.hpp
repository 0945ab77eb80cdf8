// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/run.hpp"
#include "tracker.hpp"

#include <vector>

namespace tandem::scenarios {

/// The summaries of every group.
std::vector<group_result> summarize(const scenario& what, const tracker& ledger);

}  // namespace tandem::scenarios
