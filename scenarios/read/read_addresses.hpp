// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/addresses.hpp"
#include "yaml_value.hpp"

#include <cstdint>
#include <memory>

namespace tandem::scenarios {

/// `addresses:` of a group of `nodes` nodes: a network, a list of them, or both and how they are
/// given.
std::shared_ptr<const address_spec> read_addresses(const yaml_value& value, std::uint32_t nodes);

}  // namespace tandem::scenarios
