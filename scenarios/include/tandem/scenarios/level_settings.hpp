// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/scenario.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::scenarios {

/// A setting that not every level can honour.
struct level_setting {
  std::string_view what;  ///< "queue of a link"
  /// Where it stands in a file; `*` is any one key, `**` at the end whatever is below.
  std::vector<std::string_view> paths;
  /// For each level in the order of level_names(): why it cannot; null: it can.
  std::array<const char*, 4> why_not;
  /// Whether the scenario asks for more than every level can; null: whenever it gives it.
  bool (*more)(const scenario&) = nullptr;
};
const std::vector<level_setting>& level_settings();

/// One line for each setting that `what` gives and the level cannot honour, with where it stands.
std::vector<std::string> refused_at(std::string_view level, const scenario& what);

/// The table "setting x level" for a person.
std::string level_table();

}  // namespace tandem::scenarios
