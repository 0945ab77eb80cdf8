// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/network.hpp"
#include "tandem/scenarios/scenario.hpp"
#include "yaml_value.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace tandem::scenarios {

/// The keys of a link, besides the name of one.
std::vector<std::string> link_keys();

/// A named link, or the fields of one; `like: NAME` takes what is not given from a named one.
link_spec read_link(const yaml_value& value);
/// The fields of a link among the keys `given`.
link_spec read_link_fields(const yaml_mapping& given);

/// `links:`, into default_link and links; the groups are read already.
void read_links(const yaml_value& value, scenario& out);

/// What may wait for a link: a time or a number of bytes.
sim::link_queue read_queue(const yaml_value& value);

/// `network:`, before the groups.
void read_network(const yaml_value& value, scenario& out);
std::size_t read_region(const yaml_value& value, const region_map& known);

}  // namespace tandem::scenarios
