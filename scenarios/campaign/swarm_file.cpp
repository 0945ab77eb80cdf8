// SPDX-License-Identifier: MIT
// A seed that failed as a file over the scenario's own.
#include "tandem/command/units.hpp"
#include "tandem/scenarios/campaign/swarm.hpp"
#include "tandem/scenarios/read.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

namespace tandem::scenarios {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  std::istringstream in(path);
  for (std::string part; std::getline(in, part, '.');) parts.push_back(part);
  return parts;
}

/// What other files may say above the values of a path: a path into a list cannot be merged.
bool can_be_merged(const std::vector<std::string>& sets) {
  return std::ranges::none_of(sets, [](const std::string& set) {
    const auto parts = parts_of(set.substr(0, set.find('=')));
    return std::ranges::any_of(parts,
                               [](const auto& part) { return parse_count(part).has_value(); });
  });
}

/// Mappings by their keys, in the order of the alphabet; a leaf is the text of its value.
struct tree {
  std::string text;
  std::map<std::string, tree> below;

  void put(const std::vector<std::string>& path, std::size_t at, const std::string& value) {
    if (at < path.size()) return below[path[at]].put(path, at + 1, value);
    text = value;
    below.clear();
  }
  /// In one line.
  std::string flow() const {
    if (below.empty()) return text;
    std::string out;
    for (const auto& [key, value] : below)
      out += (out.empty() ? "" : ", ") + key + ": " + value.flow();
    return "{" + out + "}";
  }
};

std::string list_text(const std::string& name, const std::string& value) {
  std::string out = "\n" + name + ":";
  const auto entries = YAML::Load(value);
  if (entries.size() == 0) return out + " []\n";
  for (const auto& entry : entries) {
    const bool kind = entry.IsMap() && entry.size() == 1;
    YAML::Emitter line;
    line << (kind ? entry.begin()->second : entry);
    out += "\n  - " + (kind ? entry.begin()->first.Scalar() + ": " : std::string()) + line.c_str();
  }
  return out + "\n";
}

std::string groups_text(const tree& groups) {
  std::string out = "\ngroups:\n";
  for (const auto& [name, group] : groups.below) {
    out += "  " + name + ":\n";
    for (const auto& [what, value] : group.below) {
      if (what != "manager" || value.below.empty()) {
        out += "    " + what + ": " + value.flow() + "\n";
        continue;
      }
      out += "    manager:\n";
      for (const auto& [option, setting] : value.below)
        out += "      " + option + ": " + setting.flow() + "\n";
    }
  }
  return out;
}

std::string merged_text(const cell& of, const std::string& extends) {
  tree all;
  for (const auto& set : of.sets) {
    const auto equals = set.find('=');
    all.put(parts_of(set.substr(0, equals)), 0, set.substr(equals + 1));
  }
  std::string out = "extends: " + extends + "\n";
  if (const auto it = all.below.find("duration"); it != all.below.end())
    out += "duration: " + it->second.text + "\n";
  for (const auto& [key, value] : all.below)
    if (key == "groups")
      out += groups_text(value);
    else if (key != "duration" && key != "faults" && key != "expectations")
      out += "\n" + key + ": " + value.flow() + "\n";
  for (const auto* list : {"faults", "expectations"})
    if (const auto it = all.below.find(list); it != all.below.end())
      out += list_text(list, it->second.text);
  return out;
}

}  // namespace

std::string swarm_plan::file_of(const cell& one, const std::vector<std::string>& why,
                                const std::string& folder) const {
  std::string out = "# Seed " + std::to_string(one.seed) + " of `tandem swarm " + asked_.file +
                    "` fails at " + one.level + ":\n";
  for (const auto& line : why) {
    std::istringstream in(line);
    for (std::string text; std::getline(in, text);) out += "#   " + text + "\n";
  }
  const auto head = "seed: " + std::to_string(one.seed) + "\nlevels: [" + one.level + "]\n";
  if (!can_be_merged(one.sets)) {
    auto sets = one.sets;
    sets.push_back("seed=" + std::to_string(one.seed));
    sets.push_back("levels=[" + one.level + "]");
    return out + read_scenario(one.file, sets).flat;
  }
  std::error_code ignored;
  auto base = fs::relative(fs::absolute(one.file), fs::absolute(folder), ignored);
  if (base.empty()) base = fs::absolute(one.file);
  auto text = merged_text(one, base.string());
  return out + text.insert(text.find('\n') + 1, head);
}

}  // namespace tandem::scenarios
