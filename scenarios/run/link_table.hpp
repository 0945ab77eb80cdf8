// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/scenario.hpp"
#include "tandem/sim/link.hpp"

#include <cstdint>

namespace tandem::scenarios {

/// The link of every ordered pair of nodes of a scenario: what lies between their groups or
/// regions, and the access links of both. Empty when the scenario says nothing about links.
sim::link_map link_map_of(const scenario& what, std::uint64_t seed);

/// What a distribution of delays, in ns, is not above, or hardly ever when it has no end.
duration most_of(const sim::distribution& of);

}  // namespace tandem::scenarios
