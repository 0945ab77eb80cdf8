// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/swarm_spec.hpp"
#include "yaml_value.hpp"

namespace tandem::scenarios {

/// `swarm:`. Whether its paths mean anything is seen when seeds are drawn.
swarm_spec read_swarm(const yaml_value& value);

}  // namespace tandem::scenarios
