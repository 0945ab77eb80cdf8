// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/scenario.hpp"
#include "tandem/sim/link.hpp"

#include <cstdint>
#include <string>

namespace tandem::scenarios {

/// The link of every ordered pair of nodes of a scenario: what lies between their groups or
/// regions, and the access links of both. Empty when the scenario says nothing about links.
/// `threads` of a message network may call it side by side.
sim::link_map link_map_of(const scenario& what, std::uint64_t seed, unsigned threads = 1);

/// What threads that run side by side must know of links, whoever talks over them.
struct link_bounds {
  duration least{};     ///< latency
  std::string nearest;  ///< where it is that: `between a and b`; empty: everywhere
  std::string waits;    ///< where packets may be lost, or wait; empty: nowhere
};
link_bounds bounds_of(const scenario& what);

/// What a distribution of delays, in ns, is not above, or hardly ever when it has no end.
duration most_of(const sim::distribution& of);

}  // namespace tandem::scenarios
