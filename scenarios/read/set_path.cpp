// SPDX-License-Identifier: MIT
#include "parameters.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/units.hpp"
#include "yaml_value.hpp"

namespace tandem::scenarios {
namespace {

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.', begin)) {
    parts.push_back(path.substr(begin, dot - begin));
    begin = dot + 1;
  }
  parts.push_back(path.substr(begin));
  return parts;
}

std::vector<std::string> keys_of(const YAML::Node& node) {
  std::vector<std::string> keys;
  for (const auto& entry : node)
    if (entry.first.IsScalar()) keys.push_back(entry.first.Scalar());
  return keys;
}

}  // namespace

void apply_set(yaml_source& source, YAML::Node root, const std::string& set) {
  const auto where = "--set " + set;
  const auto equals = set.find('=');
  if (equals == std::string::npos || equals == 0)
    throw bad_input(where, "write path=value, as in groups.server.manager.max_connections=128");
  const auto path = set.substr(0, equals);
  YAML::Node value;
  try {
    value = load_yaml(set.substr(equals + 1));
  } catch (const YAML::Exception& e) {
    throw bad_input(where, "the value is no YAML: " + e.msg);
  }
  const auto parts = split(path);
  YAML::Node at = root;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& part = parts[i];
    const bool last = i + 1 == parts.size();
    if (part.empty()) throw bad_input(where, "the path has an empty part");
    if (at.IsSequence()) {
      const auto index = parse_count(part);
      if (!index || *index >= at.size())
        throw bad_input(where,
                        "`" + part + "` must be an index below " + std::to_string(at.size()));
      if (last)
        at[*index] = value;
      else
        at.reset(at[*index]);
      continue;
    }
    if (at.IsScalar()) throw bad_input(where, "`" + parts[i - 1] + "` is a value and has no keys");
    // Groups and parameters are named by the file: a new one here is a slip.
    const bool named = i == 1 && (parts[0] == "groups" || parts[0] == "parameters");
    if (named && !at[part])
      throw bad_input(where, std::string("no ") + (parts[0] == "groups" ? "group" : "parameter") +
                                 " is called " + quoted(part) + suggestion(part, keys_of(at)));
    if (last)
      at[part] = value;
    else {
      YAML::Node next = at[part];
      at.reset(next);
    }
  }
  source.sets[path] = set;
}

}  // namespace tandem::scenarios
