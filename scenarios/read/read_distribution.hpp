// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/duration_distribution.hpp"
#include "yaml_value.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

namespace tandem::scenarios {

/// A distribution in any of its forms (scenarios/reference/values.md), of what `read` makes of one
/// value; `what` names them: "durations".
sim::distribution read_distribution(const yaml_value& value, std::string_view what,
                                    const std::function<std::int64_t(const yaml_value&)>& read);

/// Of durations; `least` is the smallest value allowed in it.
duration_distribution read_duration_distribution(const yaml_value& value, duration least);

/// Of numbers of bytes, `most` each.
sim::distribution read_byte_distribution(const yaml_value& value, std::uint64_t most);

}  // namespace tandem::scenarios
