// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/sweep_spec.hpp"
#include "yaml_value.hpp"

namespace tandem::scenarios {

/// `sweep:`. Whether its paths and names mean anything is seen when it is planned.
sweep_spec read_sweep(const yaml_value& value);

}  // namespace tandem::scenarios
