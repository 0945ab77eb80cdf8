// SPDX-License-Identifier: MIT
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace tandem::scenarios {

/// Where something stands in a tree of YAML: keys and indices from the root.
using tree_path = std::vector<std::string>;

/// Everything that stands `depth` below the root and that a scenario may be without.
std::vector<tree_path> spots_at(const YAML::Node& root, std::size_t depth);
/// Where a key of this name has a value, in the order of the file.
std::vector<tree_path> values_named(const YAML::Node& root, const std::string& key);

/// The tree without some of it.
YAML::Node without(const YAML::Node& root, const std::set<tree_path>& gone);
/// The tree with another value in one place.
YAML::Node with(const YAML::Node& root, const tree_path& place, const std::string& value);
std::string value_of(const YAML::Node& root, const tree_path& place);

/// As a person writes scenarios: what is short in one line, a blank line between parts.
std::string scenario_text(const YAML::Node& root);

}  // namespace tandem::scenarios
