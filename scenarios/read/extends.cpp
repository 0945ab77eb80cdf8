// SPDX-License-Identifier: MIT
#include "extends.hpp"

#include "parameters.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/units.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

namespace tandem::scenarios {
namespace {

// Deep enough for any project, and a file that extends itself ends.
constexpr int depth_max = 8;

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i++]);
    if (first < 0x80) continue;
    const std::size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || text.size() - i < more) return false;
    for (std::size_t k = 0; k < more; ++k)
      if ((static_cast<unsigned char>(text[i++]) & 0xc0) != 0x80) return false;
  }
  return true;
}

std::string at(const std::string& file, const YAML::Mark& mark) {
  return file + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
}

// `{nodes: peers[3]}`: between braces a bracket begins a list, unless it stands in quotes.
std::string hint(const std::string& text, const YAML::Mark& mark) {
  const auto pos = static_cast<std::size_t>(std::max(mark.pos, 0));
  if (pos == 0 || pos >= text.size() || text[pos] != '[' ||
      !std::isalnum(static_cast<unsigned char>(text[pos - 1])))
    return {};
  return "; within {...} write nodes in quotes, as in \"peers[3]\"";
}

YAML::Node load(const std::string& file, const std::string& text) {
  if (!is_utf8(text)) throw bad_input(file, "is no UTF-8 text");
  YAML::Node root;
  try {
    root = load_yaml(text);
  } catch (const YAML::Exception& e) {
    throw bad_input(at(file, e.mark), e.msg + hint(text, e.mark));
  }
  if (!root.IsMap()) throw bad_input(file + ":1:1", "a scenario must be a mapping of keys");
  return root;
}

/// `more` goes into `base`, which keeps the order of its keys.
void put_over(yaml_source& source, YAML::Node base, const YAML::Node& more, const std::string& path,
              const std::string& file) {
  for (const auto& entry : more) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "?";
    const std::string below = path.empty() ? key : path + "." + key;
    YAML::Node there = std::as_const(base)[key];
    if (there.IsDefined() && there.IsMap() && entry.second.IsMap()) {
      put_over(source, there, entry.second, below, file);
      continue;
    }
    if (there.IsDefined())
      there = entry.second;  // in its place: a parameter may use those before it
    else
      base.force_insert(entry.first, entry.second);
    source.files[below] = file;
  }
}

YAML::Node merged(yaml_source& source, const std::string& file, const std::string& text,
                  int depth) {
  YAML::Node own = load(file, text);
  const YAML::Node extends = std::as_const(own)["extends"];
  if (!extends.IsDefined()) return own;
  const std::string where = at(file, extends.Mark());
  if (!extends.IsScalar()) throw bad_input(where, "`extends` must name one file");
  if (depth == depth_max)
    throw bad_input(where, "more than " + std::to_string(depth_max) +
                               " files extend one another; does one extend itself?");
  const auto base_file = (std::filesystem::path(file).parent_path() / extends.Scalar()).string();
  std::string base_text;
  try {
    base_text = text_of_file(base_file);
  } catch (const bad_input& e) {
    throw bad_input(where, "`extends` names a file that cannot be used: " + std::string(e.what()));
  }
  source.bases += base_text;
  YAML::Node base = merged(source, base_file, base_text, depth + 1);
  source.files.try_emplace("", base_file);
  own.remove("extends");
  put_over(source, base, own, "", file);
  return base;
}

}  // namespace

YAML::Node merged_yaml(yaml_source& source, const std::string& file, const std::string& text) {
  return merged(source, file, text, 0);
}

std::string text_of_file(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  if (file && file.peek() == std::ifstream::traits_type::eof() && !file.bad())
    throw bad_input(path, "is empty; a scenario must be a mapping of keys");
  if (!file || !(text << file.rdbuf()))
    throw bad_input(path,
                    "cannot be read: " + std::generic_category().message(errno ? errno : EIO));
  return text.str();
}

}  // namespace tandem::scenarios
