// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/scenario.hpp"
#include "yaml_value.hpp"

#include <vector>

namespace tandem::scenarios {

/// The routers that `network` names among its keys `given`, before the groups; warnings go to `of`.
router_network read_topology(const yaml_mapping& given, scenario& of);

/// The routers of a name: one, or some together.
const std::vector<sim::router_index>& routers_named(const yaml_value& value,
                                                    const router_network& of);

/// One entry of `network.cross_traffic` of a scenario of this length, into `out`.
void read_cross_traffic(const yaml_value& entry, duration length, router_network& out);

/// Where the nodes of a group are: the routers of that name.
std::vector<sim::router_index> read_router(const yaml_value& value, const scenario& of);

/// Puts every node at its router; `value` is that of `groups`.
void place_nodes(const yaml_value& value, scenario& out);

/// The routers of a GraphML file, which `named` names relative to the scenario's own folder. What
/// the file does not say of a line is as `usual` has it; attributes that are not taken are a
/// warning.
router_network read_graphml(const yaml_value& named, const sim::router_line& usual,
                            std::vector<std::string>& warnings);

}  // namespace tandem::scenarios
