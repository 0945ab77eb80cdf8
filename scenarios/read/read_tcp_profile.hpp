// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/sim/tcp_profile.hpp"
#include "yaml_value.hpp"

namespace tandem::scenarios {

/// Reads a TCP profile: the name of one, or a mapping of what differs from one.
sim::tcp_profile read_tcp_profile(const yaml_value& value);

}  // namespace tandem::scenarios
