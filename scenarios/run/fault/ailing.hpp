// SPDX-License-Identifier: MIT
#pragma once

#include "run/fault/changed_links.hpp"
#include "run/fault/fault_plan.hpp"
#include "run/fault/reading.hpp"

#include <string>

namespace tandem::scenarios {

/// Something ails the process of some nodes while it lasts.
struct ailing_fault : fault {
  std::unique_ptr<ongoing_fault> start(fault_plan& in, std::size_t index) const override;
  const fault_nodes* sufferers() const override { return &nodes; }

  fault_nodes nodes;
  ailment what{};
  /// What an episode touches at once, beside attempts of the nodes and at them.
  bool touches_nodes = false;
  bool touches_connections = true;
};

/// Reads a fault that has only its nodes; `what` stands before them in results.
std::unique_ptr<ailing_fault> read_ailing(const yaml_value& value, const scenario& of,
                                          const char* word, const std::string& what);

}  // namespace tandem::scenarios
