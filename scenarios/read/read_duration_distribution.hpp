// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/duration_distribution.hpp"
#include "yaml_value.hpp"

namespace tandem::scenarios {

/// `2s`, `{uniform: [1s, 3s]}` or `{exponential: 2s}`; `least` is the smallest value allowed in it.
duration_distribution read_duration_distribution(const yaml_value& value, duration least);

}  // namespace tandem::scenarios
