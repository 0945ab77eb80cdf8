// SPDX-License-Identifier: MIT
#include "config_file.hpp"

#include "tandem/command/yaml_value.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

namespace tandem::cli {
namespace {

std::string name_of(const CLI::Option& option) { return "--" + option.get_lnames().front(); }

std::string key_of(const CLI::Option& option) {
  return option.get_lnames().empty() ? std::string() : key_in_file(name_of(option));
}

/// Those that a file may give: not what is about the command line itself.
std::map<std::string, CLI::Option*> options_of(CLI::App& app) {
  std::map<std::string, CLI::Option*> out;
  for (auto* each : app.get_options())
    if (const auto key = key_of(*each); !key.empty() && key != "help" && key != "config")
      out.emplace(key, each);
  return out;
}

bool is_flag(const CLI::Option& option) { return option.get_items_expected_max() == 0; }
bool is_list(const CLI::Option& option) {
  return option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll ||
         option.get_items_expected_max() > 1;
}

YAML::Node load(const std::string& path) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw bad_input("--config " + path, std::strerror(errno));
  try {
    return YAML::Load(text);
  } catch (const YAML::Exception& e) {
    throw bad_input(
        path + ":" + std::to_string(e.mark.line + 1) + ":" + std::to_string(e.mark.column + 1),
        e.msg);
  }
}

/// An empty list is none.
void give(CLI::Option& to, const std::vector<given_options::value>& values) {
  if (values.empty()) return;
  for (const auto& each : values) to.add_result(each.text);
  to.run_callback();
}

std::string text_of(const yaml_value& value) {
  auto text = value.node().IsNull() ? std::string() : value.as_text();
  if (text.empty()) value.fail("is empty; give a value, or leave it out");
  if (text.find('\0') != text.npos) value.fail("holds a zero byte, which no option takes");
  return text;
}

}  // namespace

std::string key_in_file(std::string_view option) {
  std::string key(option.substr(2));
  std::ranges::replace(key, '-', '_');
  return key;
}

std::vector<std::string> keys_of(CLI::App& app) {
  std::vector<std::string> out;
  for (const auto& [key, option] : options_of(app)) out.push_back(key);
  return out;
}

given_options::given_options(const CLI::App& app) {
  for (const auto* each : app.get_options())
    if (const auto key = key_of(*each); each->count() > 0 && key != "help")
      for (const auto& text : each->results()) values_[name_of(*each)].push_back({text, {}});
}

std::vector<std::string> given_options::read(const std::string& path, CLI::App& app) {
  file_ = path;
  const auto options = options_of(app);
  yaml_source source{path};
  source.attempt([&] {
    const yaml_value root(source, load(path), "");
    if (root.node().IsNull()) return;  // comments alone
    if (!root.is_mapping()) root.fail("a node's options must be a mapping of keys");
    const yaml_mapping all(root, "a node's options", keys_of(app));
    for (const auto& [key, option] : options)
      all.read(key, [&, &to = *option](const yaml_value& value) {
        std::vector<given_options::value> given;
        if (is_flag(to)) {
          given.push_back({value.as_bool() ? "true" : "false", value.where()});
        } else if (is_list(to) && value.node().IsSequence()) {
          value.each([&](const yaml_value& each) {
            given.push_back({text_of(each), each.where()});
          });
        } else {
          given.push_back({text_of(value), value.where()});
        }
        if (!values_.try_emplace(name_of(to), given).second) return;
        try {
          give(to, given);
        } catch (const CLI::Error& e) {
          value.fail(e.what());
        }
      });
  });
  try {
    source.throw_mistakes();
  } catch (const bad_inputs& e) {
    return e.lines();
  }
  return {};
}

std::vector<std::string> given_options::in_order(std::vector<std::string> lines) const {
  const auto place = [&](const std::string& line) {
    int row = 0, column = 0;
    if (!file_.empty() && line.starts_with(file_ + ":"))
      std::sscanf(line.c_str() + file_.size(), ":%d:%d", &row, &column);
    return std::pair(row, column);
  };
  std::ranges::stable_sort(lines, {}, place);
  return lines;
}

void given_options::give_to(CLI::App& app) const {
  for (auto* each : app.get_options())
    if (!each->get_lnames().empty())
      if (const auto at = values_.find(name_of(*each)); at != values_.end())
        give(*each, at->second);
}

std::map<std::string, std::string> given_options::places() const {
  std::map<std::string, std::string> out;
  for (const auto& [name, values] : values_)
    if (!values.empty() && !values.front().where.empty())
      out.emplace(key_in_file(name), values.front().where);
  return out;
}

std::string given_options::placed(std::string_view line) const {
  for (const auto& [name, values] : values_)
    for (const auto& each : values) {
      if (each.where.empty()) continue;
      for (const auto& said : {name + " " + each.text + ": ", name + ": "})
        if (line.starts_with(said))
          return each.where + ": " + std::string(line.substr(said.size()));
    }
  return std::string(line);
}

std::map<std::string, std::string> given_options::changes_since(const given_options& before) const {
  const auto texts = [](const given_options& of, const std::string& name) {
    std::vector<std::string> out;
    if (const auto at = of.values_.find(name); at != of.values_.end())
      for (const auto& each : at->second) out.push_back(each.text);
    return out;
  };
  std::map<std::string, std::string> out;
  for (const auto& [name, values] : before.values_)
    if (texts(*this, name).empty()) out.emplace(name, file_);
  for (const auto& [name, values] : values_)
    if (texts(before, name) != texts(*this, name))
      out.emplace(name,
                  values.empty() || values.front().where.empty() ? file_ : values.front().where);
  return out;
}

}  // namespace tandem::cli
