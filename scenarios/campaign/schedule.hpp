// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/campaign/sweep.hpp"

#include <map>
#include <string>

namespace tandem::scenarios {

/// What is known of cells by their keys: what a width is asked of; none: it has no such value.
using known_cells = std::map<std::string, std::optional<double>>;

std::optional<double> width_value(const campaign_plan& plan, const cell_result& result);

/// Seeds of a setting at a level that are wanted, as far as known cells tell.
std::uint64_t wanted_seeds(const campaign_plan& plan, std::size_t setting, std::size_t level,
                           const known_cells& known);

/// Every cell of the part that is wanted so far, in the order of the plan.
std::vector<cell> wanted_cells(const campaign_plan& plan, const shard& part,
                               const known_cells& known);

known_cells known_in(const campaign_plan& plan, const campaign_store& store);

}  // namespace tandem::scenarios
