// SPDX-License-Identifier: MIT
#pragma once

#include "yaml_value.hpp"

#include <string>

namespace tandem::scenarios {

/// The tree of `text`, the content of `file`, over that of the file it `extends`, and so on:
/// mappings are merged key by key, everything else that it gives replaces what was there. Notes in
/// `source` which file each value is from. Throws bad_input.
YAML::Node merged_yaml(yaml_source& source, const std::string& file, const std::string& text);

/// The content of a file. Throws bad_input.
std::string text_of_file(const std::string& path);

}  // namespace tandem::scenarios
