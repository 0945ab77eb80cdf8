// SPDX-License-Identifier: MIT
#pragma once

#include "yaml_value.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// The YAML of `text`. `${...}` may stand where YAML would take its braces for a mapping.
YAML::Node load_yaml(std::string_view text);

/// Replaces each `${...}` below `root` by its value and takes `parameters` out, which it returns
/// with their values. A parameter may use those before it. Mistakes are noted in `source`; what has
/// one cannot be read any more.
std::vector<std::pair<std::string, std::string>> put_parameters(yaml_source& source,
                                                                YAML::Node root);

}  // namespace tandem::scenarios
