// SPDX-License-Identifier: MIT
#include "parameters.hpp"

#include "arithmetic.hpp"
#include "tandem/command/units.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

// In a flow mapping YAML has its own use for braces: until it is parsed, `${a}` is `$<a>`, which is
// as long, so that positions stay.
constexpr std::string_view begins = "$<";

class replacement {
 public:
  explicit replacement(yaml_source& source) : source_(source) {}

  void define(const yaml_value& all) {
    for (const auto& [name, value] : all.entries())
      source_.attempt([&, name = name, value = value] {
        if (!is_name(name))
          value.fail_key(quoted(name) +
                         " cannot name a parameter: use letters, digits and _, a "
                         "letter first");
        names_.push_back(name);
        texts_.push_back("");
        const YAML::Node node = value.node();
        if (!node.IsScalar()) value.fail(quoted(value.path()) + " must be one value");
        texts_.back() = replaced(node.Scalar(), value);
      });
  }

  std::vector<std::pair<std::string, std::string>> defined() const {
    std::vector<std::pair<std::string, std::string>> all;
    for (std::size_t i = 0; i < names_.size(); ++i) all.emplace_back(names_[i], texts_[i]);
    return all;
  }

  void walk(YAML::Node node, const std::string& path) {
    if (node.IsScalar()) return put(node, path);
    if (node.IsSequence())
      for (std::size_t i = 0; i < node.size(); ++i) walk(node[i], path + "." + std::to_string(i));
    if (node.IsMap())
      for (const auto& entry : node)
        walk(entry.second, path.empty() ? entry.first.Scalar() : path + "." + entry.first.Scalar());
  }

 private:
  static bool is_name(std::string_view text) {
    return !text.empty() && !std::isdigit(static_cast<unsigned char>(text.front())) &&
           std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) || c == '_'; });
  }

  void put(YAML::Node node, const std::string& path) {
    if (node.Scalar().find(begins) == std::string::npos) return;
    source_.calculated.insert(path);
    const bool good =
        source_.attempt([&] { node = replaced(node.Scalar(), yaml_value(source_, node, path)); });
    if (!good) node.SetTag(lacking_parameter);
  }

  std::string replaced(const std::string& text, const yaml_value& value) const {
    std::string out;
    std::size_t from = 0;
    for (std::size_t at; (at = text.find(begins, from)) != std::string::npos;) {
      const std::size_t end = text.find('>', at);
      // `$${` is written for `${` itself.
      if (at > from && text[at - 1] == '$') {
        out += text.substr(from, at - 1 - from) + "${";
        from = at + begins.size();
        if (end == std::string::npos || text.find(begins, from) < end) continue;
        out += text.substr(from, end - from) + "}";
        from = end + 1;
        continue;
      }
      if (end == std::string::npos) value.fail("a `}` is missing after `${`");
      out += text.substr(from, at - from);
      const std::string inside = text.substr(at + 2, end - at - 2);
      try {
        out += value_of(inside);
      } catch (const std::invalid_argument& e) {
        value.fail(std::string(e.what()) + "; in " + quoted("${" + inside + "}"));
      }
      from = end + 1;
    }
    return out + text.substr(from);
  }

  std::string value_of(const std::string& expression) const {
    // The text of a parameter stands for itself, whatever it is: `linux-legacy`.
    if (is_name(expression)) return text_named(expression);
    return text_of(calculate(expression, [&](std::string_view name) {
      const std::string& text = text_named(name);
      if (const auto value = read_quantity(text)) return *value;
      throw std::invalid_argument("parameter " + quoted(name) + " is " + quoted(text) +
                                  " and cannot be calculated with");
    }));
  }

  const std::string& text_named(std::string_view name) const {
    const auto it = std::ranges::find(names_, name);
    if (it == names_.end())
      throw std::invalid_argument("no parameter is called " + quoted(name) +
                                  suggestion(name, names_));
    const std::string& text = texts_[static_cast<std::size_t>(it - names_.begin())];
    if (text.empty()) throw already_noted();
    return text;
  }

  yaml_source& source_;
  std::vector<std::string> names_;
  std::vector<std::string> texts_;  ///< empty: there is a mistake in it
};

}  // namespace

YAML::Node load_yaml(std::string_view text) {
  std::string prepared(text);
  for (std::size_t at = 0; (at = prepared.find("${", at)) != std::string::npos; ++at) {
    prepared[at + 1] = '<';
    const std::size_t end = prepared.find_first_of("}\n", at);
    if (end != std::string::npos && prepared[end] == '}') prepared[end] = '>';
  }
  return YAML::Load(prepared);
}

std::vector<std::pair<std::string, std::string>> put_parameters(yaml_source& source,
                                                                YAML::Node root) {
  replacement of(source);
  if (const YAML::Node given = root["parameters"]) {
    source.attempt([&] { of.define(yaml_value(source, given, "parameters")); });
    root.remove("parameters");
  }
  of.walk(root, "");
  return of.defined();
}

}  // namespace tandem::scenarios
