// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/options.hpp"

#include <map>
#include <string>
#include <vector>

namespace tandem {

/// The file of options of `tandem node --config`, as far as it is about the connection manager.
struct node_file {
  manager_options options;
  std::map<std::string, std::string> where;  ///< by option as the file names it
};
/// Reads all of it. Throws bad_inputs with every mistake in it.
node_file read_node_file(const std::string& path);
/// Every key that there is.
std::vector<std::string> node_file_keys();

}  // namespace tandem
