// SPDX-License-Identifier: MIT
#include "tandem/scenarios/node_file.hpp"

#include "read_manager.hpp"
#include "tandem/command/contradictions.hpp"
#include "tandem/core/option_table.hpp"
#include "tandem/sim/tcp_profile.hpp"
#include "yaml_value.hpp"

#include <algorithm>

namespace tandem::scenarios {
namespace {

YAML::Node load(const std::string& path) {
  try {
    return YAML::LoadFile(path);
  } catch (const YAML::Exception&) {
    return {};  // who reads it as a scenario says what is wrong
  }
}

}  // namespace

bool is_node_file(const std::string& path) {
  const auto root = load(path);
  if (!root.IsMap() || root["scenario"] || root["extends"]) return false;
  return std::ranges::any_of(
      option_table(), [&](const auto& row) { return root[std::string(row.name)].IsDefined(); });
}

std::vector<std::string> contradictions_in_node_file(const std::string& path,
                                                     std::optional<duration> round_trip) {
  yaml_source source{path};
  manager_options options;
  const yaml_value root(source, load(path), "");
  source.attempt([&] { read_manager(root, options); });
  source.throw_mistakes();
  auto around = surroundings_of_this_process();
  around.syn_at = sim::linux_legacy().syn_at;
  around.round_trip = round_trip;
  std::vector<std::string> lines;
  for (const auto& found : tandem::contradictions_of(options, around)) {
    const auto it = source.where.find(found.field);
    lines.push_back((it == source.where.end() ? path : it->second) + ": " + found.message);
  }
  return lines;
}

}  // namespace tandem::scenarios
