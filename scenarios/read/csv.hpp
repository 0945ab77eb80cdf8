// SPDX-License-Identifier: MIT
#pragma once

#include "yaml_value.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace tandem::scenarios {

/// The cells of a file of comma-separated values, without blanks around them. Empty lines and what
/// follows a `#` are left out.
struct csv_table {
  struct row {
    std::size_t line;  ///< from 1
    std::vector<std::string> cells;
  };
  std::string file;  ///< as the scenario names it
  std::vector<row> rows;
};

/// The table in the file that `named` names, relative to the scenario's own folder.
csv_table read_csv(const yaml_value& named);

/// Reads a cell as if it stood in the scenario. What is wrong with it is told where `named` stands,
/// with the line of the file.
void read_cell(const yaml_value& named, const csv_table& table, const csv_table::row& row,
               const std::string& cell, const std::function<void(const yaml_value&)>& read);

}  // namespace tandem::scenarios
