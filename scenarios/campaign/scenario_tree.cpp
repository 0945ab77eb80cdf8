// SPDX-License-Identifier: MIT
#include "scenario_tree.hpp"

#include <algorithm>
#include <array>

namespace tandem::scenarios {
namespace {

constexpr std::size_t short_line = 90;

// Without them there is no scenario, or it is another run.
constexpr std::array needed{"scenario", "duration", "groups", "levels", "seed", "expectations"};

bool is_needed(const tree_path& path) {
  if (path.size() == 1) return std::ranges::find(needed, path[0]) != needed.end();
  return path[0] == "levels" || path[0] == "expectations";
}

template <class Visit>
void walk(const YAML::Node& node, tree_path& path, const Visit& visit) {
  const auto go = [&](const std::string& key, const YAML::Node& below) {
    path.push_back(key);
    visit(path, below);
    walk(below, path, visit);
    path.pop_back();
  };
  if (node.IsMap())
    for (const auto& entry : node) go(entry.first.Scalar(), entry.second);
  if (node.IsSequence())
    for (std::size_t i = 0; i < node.size(); ++i) go(std::to_string(i), node[i]);
}

/// A copy in which `replace(path, node)` stands for whatever it gives a node for; undefined: gone.
template <class Replace>
YAML::Node copied(const YAML::Node& node, tree_path& path, const Replace& replace) {
  if (!node.IsMap() && !node.IsSequence()) return YAML::Clone(node);
  YAML::Node out(node.IsMap() ? YAML::NodeType::Map : YAML::NodeType::Sequence);
  const auto go = [&](const std::string& key, const YAML::Node& below, const auto& add) {
    path.push_back(key);
    switch (replace(path)) {
      case 0:
        add(copied(below, path, replace));
        break;
      case 1:
        add(replace.value);
        break;
      default:
        break;
    }
    path.pop_back();
  };
  if (node.IsMap())
    for (const auto& entry : node)
      go(entry.first.Scalar(), entry.second,
         [&](const YAML::Node& value) { out.force_insert(entry.first.Scalar(), value); });
  else
    for (std::size_t i = 0; i < node.size(); ++i)
      go(std::to_string(i), node[i], [&](const YAML::Node& value) { out.push_back(value); });
  return out;
}

struct removal {
  const std::set<tree_path>& gone;
  YAML::Node value{};
  int operator()(const tree_path& path) const { return gone.contains(path) ? 2 : 0; }
};

struct exchange {
  const tree_path& place;
  YAML::Node value;
  int operator()(const tree_path& path) const { return path == place ? 1 : 0; }
};

std::string flow(const YAML::Node& node) {
  YAML::Emitter out;
  out.SetMapFormat(YAML::Flow);
  out.SetSeqFormat(YAML::Flow);
  out << node;
  return out.c_str();
}

/// One line where that is short, else its parts each on its own, `indent` further in.
void write(const YAML::Node& node, std::size_t indent, bool in_one_line, std::string& out) {
  if (node.IsScalar() || node.IsNull() || node.size() == 0) {
    out += " " + flow(node) + "\n";
    return;
  }
  if (const auto line = flow(node);
      in_one_line && line.size() + indent < short_line && line.find('\n') == std::string::npos) {
    out += " " + line + "\n";
    return;
  }
  const bool below = out.back() != '-';
  if (below) out += "\n";
  bool first = !below;
  for (const auto& entry : node) {
    out += first ? " " : std::string(indent, ' ');
    first = false;
    if (node.IsMap()) {
      out += entry.first.Scalar() + ":";
      write(entry.second, indent + 2, true, out);
    } else {
      out += "-";
      // `- dial: {from: a, to: b}`, not `- {dial: {...}}`.
      write(entry, indent + 2, !entry.IsMap() || entry.size() != 1, out);
    }
  }
}

}  // namespace

std::vector<tree_path> spots_at(const YAML::Node& root, std::size_t depth) {
  std::vector<tree_path> out;
  tree_path path;
  walk(root, path, [&](const tree_path& at, const YAML::Node&) {
    if (at.size() == depth && !is_needed(at)) out.push_back(at);
  });
  return out;
}

std::vector<tree_path> values_named(const YAML::Node& root, const std::string& key) {
  std::vector<tree_path> out;
  tree_path path;
  walk(root, path, [&](const tree_path& at, const YAML::Node& node) {
    if (at.back() == key && node.IsScalar()) out.push_back(at);
  });
  return out;
}

YAML::Node without(const YAML::Node& root, const std::set<tree_path>& gone) {
  tree_path path;
  return copied(root, path, removal{gone});
}

YAML::Node with(const YAML::Node& root, const tree_path& place, const std::string& value) {
  tree_path path;
  return copied(root, path, exchange{place, YAML::Node(value)});
}

std::string value_of(const YAML::Node& root, const tree_path& place) {
  std::string out;
  tree_path path;
  walk(root, path, [&](const tree_path& at, const YAML::Node& node) {
    if (at == place) out = node.Scalar();
  });
  return out;
}

std::string scenario_text(const YAML::Node& root) {
  std::string out;
  for (const auto& part : root) {
    const bool large = part.second.IsMap() || part.second.IsSequence();
    const auto key = part.first.Scalar();
    if (large && key != "levels") out += "\n";
    out += key + ":";
    write(part.second, 2, key == "levels" || part.second.size() == 0, out);
  }
  return out;
}

}  // namespace tandem::scenarios
