// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/scenario.hpp"
#include "tandem/sim/link.hpp"

#include <cstdint>

namespace tandem::scenarios {

/// The link of every ordered pair of nodes of a scenario: what lies between their groups or
/// regions, and the access links of both. Empty when the scenario says nothing about links.
/// `threads` of a message network may call it side by side.
sim::link_map link_map_of(const scenario& what, std::uint64_t seed, unsigned threads = 1);

/// The least latency of all links; and whether one may lose packets or let them wait: then threads
/// cannot run side by side on them.
struct link_bounds {
  duration least{};
  bool wait = false;
};
link_bounds bounds_of(const scenario& what);

/// What a distribution of delays, in ns, is not above, or hardly ever when it has no end.
duration most_of(const sim::distribution& of);

}  // namespace tandem::scenarios
