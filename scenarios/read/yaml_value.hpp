// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/command/yaml_value.hpp"

namespace tandem::scenarios {

/// Applies one `path=value` on the tree and notes it in `source`. Throws bad_input.
void apply_set(yaml_source& source, YAML::Node root, const std::string& set);

}  // namespace tandem::scenarios
