// SPDX-License-Identifier: MIT
#pragma once

#include "run/fault/fault.hpp"
#include "tandem/scenarios/nodes.hpp"

#include <string>
#include <vector>

// What the kinds of fault read alike.
namespace tandem::scenarios {

/// Nodes in one of their forms, or a list of them.
fault_nodes read_fault_nodes(const yaml_value& value, const scenario& of);

/// `own` and the keys that every fault has: its head and its timeline.
std::vector<std::string> with_fault_keys(std::vector<std::string> own);
/// The same of a fault that happens and is over at once.
std::vector<std::string> with_moment_keys(std::vector<std::string> own);

/// Reads these into `out`, whose text is `what` and when. `out.when.moment` is set before.
void read_fault(const yaml_mapping& given, const scenario& of, const std::string& what, fault& out);

}  // namespace tandem::scenarios
