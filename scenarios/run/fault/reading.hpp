// SPDX-License-Identifier: MIT
#pragma once

#include "run/fault/fault.hpp"
#include "tandem/scenarios/nodes.hpp"

#include <string>
#include <vector>

// What the kinds of fault read alike.
namespace tandem::scenarios {

/// Nodes that a fault names.
struct fault_nodes {
  std::vector<node_selection> which;
  std::string text;  ///< as the file says it
};

/// Nodes in one of their forms, or a list of them.
fault_nodes read_fault_nodes(const yaml_value& value, const scenario& of);

/// `own` and the keys that every fault has: its head and its timeline.
std::vector<std::string> with_fault_keys(std::vector<std::string> own);

/// Reads these into `out`, whose text is `what` and when.
void read_fault(const yaml_mapping& given, const scenario& of, const std::string& what, fault& out);

}  // namespace tandem::scenarios
