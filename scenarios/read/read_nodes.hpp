// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/nodes.hpp"
#include "tandem/scenarios/scenario.hpp"
#include "yaml_value.hpp"

namespace tandem::scenarios {

/// `peers`, `peers[3]`, `peers[0..9]`, `10% of peers` or `5 random of peers`, of the groups of
/// `of`.
node_selection read_nodes(const yaml_value& value, const scenario& of);
/// The same from what a person gave an `option` of the command.
node_selection parse_nodes(const std::string& text, const std::string& option, const scenario& of);
/// The same, or `neighbours`.
node_selection read_nodes_or_neighbours(const yaml_value& value, const scenario& of);

}  // namespace tandem::scenarios
