// SPDX-License-Identifier: MIT
#pragma once

#include "yaml_value.hpp"

#include <string>
#include <string_view>

namespace tandem::scenarios {

/// The YAML of `text`. `${...}` may stand where YAML would take its braces for a mapping.
YAML::Node load_yaml(std::string_view text);

/// Replaces each `${...}` below `root` by its value and takes `parameters` out. A parameter may use
/// those before it. Mistakes are noted in `source`; what has one cannot be read any more.
void put_parameters(yaml_source& source, YAML::Node root);

/// Whether put_parameters() could not replace what stands there.
bool lacks_parameter(const YAML::Node& node);

}  // namespace tandem::scenarios
