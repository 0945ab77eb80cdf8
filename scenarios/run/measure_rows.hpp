// SPDX-License-Identifier: MIT
#pragma once

#include "measure_table.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::scenarios {

/// What every number of a family is, and what must have happened for 0 to mean anything.
struct family_row {
  const char* name;
  const char* help;
  std::vector<std::string> causes;
};

/// What a counter is called for short, and without what it stays 0. The rest: its own name.
struct counter_extra {
  std::string_view name;
  const char* also;
  std::vector<std::string> causes;
};

/// In the order of their enumerators.
const std::array<family_row, families_count>& family_rows();
const std::vector<measure>& tally_rows();
const std::vector<measure>& spread_rows();
const std::vector<counter_extra>& counter_extras();

}  // namespace tandem::scenarios
