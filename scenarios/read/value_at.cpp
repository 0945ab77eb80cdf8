// SPDX-License-Identifier: MIT
#include "parameters.hpp"
#include "tandem/command/option_text.hpp"
#include "tandem/scenarios/read.hpp"
#include "yaml_value.hpp"

#include <algorithm>
#include <sstream>

namespace tandem::scenarios {
namespace {

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  std::istringstream in(path);
  for (std::string part; std::getline(in, part, '.');) parts.push_back(part);
  return parts;
}

std::optional<std::string> in_tree(const scenario& of, const std::vector<std::string>& parts) {
  YAML::Node at = load_yaml(of.flat);
  for (const auto& part : parts) {
    YAML::Node next;
    if (at.IsMap()) {
      if (!at[part]) return {};
      next.reset(at[part]);
    } else {
      const auto index = at.IsSequence() ? parse_count(part) : std::nullopt;
      if (!index || *index >= at.size()) return {};
      next.reset(at[*index]);
    }
    at.reset(next);
  }
  if (!at.IsScalar()) return {};
  return at.Scalar();
}

}  // namespace

std::vector<std::string> kinds_in(const scenario& of, const std::string& list) {
  std::vector<std::string> out;
  const YAML::Node root = load_yaml(of.flat);
  for (const auto& entry : root[list])
    if (entry.IsMap()) out.push_back(entry.begin()->first.Scalar());
  return out;
}

std::optional<std::string> value_at(const scenario& of, const std::string& path) {
  const auto parts = parts_of(path);
  if (parts.size() == 2 && parts[0] == "parameters") {
    for (const auto& [name, value] : of.parameters)
      if (name == parts[1]) return value;
    return {};
  }
  if (auto found = in_tree(of, parts)) return found;
  if (parts.size() != 4 || parts[0] != "groups" || parts[2] != "manager") return {};
  const auto group = std::ranges::find(of.groups, parts[1], &group::name);
  const auto* row = option_named(parts[3]);
  if (group == of.groups.end() || row == nullptr) return {};
  return option_text(*row, group->manager);
}

}  // namespace tandem::scenarios
