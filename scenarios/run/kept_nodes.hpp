// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/scenario.hpp"
#include "tandem/scenarios/world.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::scenarios {

/// Nodes of which a run keeps a file each, and the folder of those files.
struct kept_nodes {
  std::set<node_index> nodes;
  std::filesystem::path folder;
};

/// `option` is that of the command, `--record`: with `-nodes` behind it takes `selections`, and
/// none is every node. Makes `folder`, and takes the files that end in `suffix` out of it when it
/// may `replace` them. Throws bad_input.
kept_nodes keep_nodes(const scenario& what, std::uint64_t seed, const std::string& option,
                      const std::vector<std::string>& selections,
                      const std::filesystem::path& folder, std::string_view suffix, bool replace);

/// `dialers.3`, as results call it.
std::string file_name_of(const scenario& what, node_index node);

}  // namespace tandem::scenarios
