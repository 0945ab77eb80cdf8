// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace tandem::cli {

/// Where scenarios are looked for by name: ./scenarios, then those installed beside this program.
std::vector<std::string> scenario_folders();

/// The file meant by a path or a name. Throws bad_input when there is none.
std::string find_scenario(const std::string& what);

/// The scenario files of a folder, sorted by name.
std::vector<std::string> scenarios_in(const std::string& folder);

}  // namespace tandem::cli
