// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/scenario.hpp"

#include <string>
#include <vector>

namespace tandem::scenarios {

/// Settings of the groups' managers that contradict each other, the round trips of the network or
/// when its TCP sends SYNs: allowed, and probably not meant. One line each, with its place.
std::vector<std::string> contradictions_of(const scenario& what);

}  // namespace tandem::scenarios
