// SPDX-License-Identifier: MIT
#include "tandem/scenarios/node_file.hpp"

#include "tandem/command/contradictions.hpp"
#include "tandem/command/node_file.hpp"
#include "tandem/sim/tcp_profile.hpp"

#include <yaml-cpp/yaml.h>

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
  return std::ranges::any_of(node_file_keys(),
                             [&](const auto& key) { return root[key].IsDefined(); });
}

std::vector<std::string> contradictions_in_node_file(const std::string& path,
                                                     std::optional<duration> round_trip) {
  const auto file = read_node_file(path);
  auto around = surroundings_of_this_process();
  around.syn_at = sim::linux_legacy().syn_at;
  around.round_trip = round_trip;
  std::vector<std::string> lines;
  for (const auto& found : tandem::contradictions_of(file.options, around)) {
    const auto it = file.where.find(found.field);
    lines.push_back((it == file.where.end() ? path : it->second) + ": " + found.message);
  }
  return lines;
}

}  // namespace tandem::scenarios
