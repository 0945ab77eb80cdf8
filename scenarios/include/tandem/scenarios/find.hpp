// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace tandem::scenarios {

/// Where scenarios are looked for by name: ./scenarios, then `share/tandem/scenarios` of the prefix
/// that `program`, a file of ours, is installed in.
std::vector<std::string> scenario_folders(const std::string& program);

/// The file meant by a path or a name. Throws bad_input when there is none.
std::string find_scenario(const std::string& what, const std::string& program);

/// The scenario files of a folder, sorted by name.
std::vector<std::string> scenarios_in(const std::string& folder);

}  // namespace tandem::scenarios
