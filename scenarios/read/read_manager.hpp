// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/options.hpp"
#include "yaml_value.hpp"

#include <cstdint>

namespace tandem::scenarios {

/// Of each count of connections; a passive manager has so many: no limit.
constexpr std::uint64_t connections_most = 10'000'000;

/// The options of a manager that gets in nobody's way: no limits of its own, nothing idle, no
/// backoff, circuit or waiting. What a real node needs to notice the dead (handshake and dial
/// timeouts, probes) stays.
manager_options passive_options();

/// `passive`, or a mapping of options, which may have `passive: true`: what it does not name keeps
/// the value that `out` has.
void read_manager(const yaml_value& value, manager_options& out);

}  // namespace tandem::scenarios
