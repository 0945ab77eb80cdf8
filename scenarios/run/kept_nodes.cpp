// SPDX-License-Identifier: MIT
#include "kept_nodes.hpp"

#include "read/read_nodes.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/scenarios/run_recording.hpp"

#include <stdexcept>
#include <system_error>

namespace tandem::scenarios {
namespace {

namespace fs = std::filesystem;

std::set<node_index> chosen_nodes(const scenario& what, std::uint64_t seed,
                                  const std::string& option,
                                  const std::vector<std::string>& selections) {
  std::set<node_index> chosen;
  if (selections.empty()) {
    node_index nodes = 0;
    for (const auto& group : what.groups) nodes += group.count;
    for (node_index node = 0; node < nodes; ++node) chosen.insert(chosen.end(), node);
  }
  for (const auto& text : selections) {
    const auto which = parse_nodes(text, option + "-nodes", what);
    node_index first = 0;
    for (group_index g = 0; g < which.group; ++g) first += what.groups[g].count;
    const auto nodes = nodes_of(which, first, what.groups[which.group].count, seed);
    for (std::uint64_t k = 0; k < nodes.size(); ++k) chosen.insert(nodes[k]);
  }
  if (chosen.size() > kept_nodes_max)
    throw bad_input(option + (selections.empty() ? "" : "-nodes"),
                    "asks for " + std::to_string(chosen.size()) + " nodes, and takes at most " +
                        std::to_string(kept_nodes_max) + "; choose some, as in `" + option +
                        "-nodes " + what.groups.front().name + "` or `" + option + "-nodes '" +
                        what.groups.back().name + "[0..9]'`");
  return chosen;
}

void clear(const fs::path& folder, const std::string& option, std::string_view suffix,
           bool replace) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != suffix) continue;
    if (!replace)
      throw bad_input(
          option + " " + folder.string(),
          entry.path().string() + " is there already; name another folder, or --overwrite it");
    fs::remove(entry.path());
  }
}

}  // namespace

kept_nodes keep_nodes(const scenario& what, std::uint64_t seed, const std::string& option,
                      const std::vector<std::string>& selections, const fs::path& folder,
                      std::string_view suffix, bool replace) {
  kept_nodes kept{chosen_nodes(what, seed, option, selections), folder};
  try {
    fs::create_directories(folder);
    clear(folder, option, suffix, replace);
  } catch (const fs::filesystem_error& e) {
    throw bad_input(option + " " + folder.string(), e.code().message());
  }
  return kept;
}

std::string file_name_of(const scenario& what, node_index node) {
  for (const auto& group : what.groups) {
    if (node < group.count) return group.name + "." + std::to_string(node);
    node -= group.count;
  }
  throw std::logic_error("no such node");
}

}  // namespace tandem::scenarios
