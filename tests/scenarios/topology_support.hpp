// SPDX-License-Identifier: MIT
#pragma once

#include "work_support.hpp"

#include <string>

namespace tandem::scenarios {

/// A scenario of these parts.
inline scenario of(const std::string& network, const std::string& groups, const std::string& rest,
                   const std::string& length = "60s") {
  return parse_scenario(
      "scenario: s\nduration: " + length + "\nnetwork:\n" + network + "groups:\n" + groups + rest,
      "f.yaml");
}

}  // namespace tandem::scenarios
