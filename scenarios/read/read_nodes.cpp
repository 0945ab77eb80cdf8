// SPDX-License-Identifier: MIT
#include "read_nodes.hpp"

#include "read_scenario.hpp"
#include "tandem/command/units.hpp"
#include "tandem/core/counted.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::scenarios {
namespace {

constexpr std::string_view forms =
    "a group, `peers[3]`, `peers[0..9]`, `10% of peers` or `5 random of peers`";

std::size_t group_named(const yaml_value& value, const std::string& name, const scenario& of) {
  const auto names = group_names(of);
  const auto it = std::ranges::find(names, name);
  if (it == names.end()) value.fail("no group is called " + quoted(name) + suggestion(name, names));
  return static_cast<std::size_t>(it - names.begin());
}

// How many of a group, from `10%` or `5 random`.
std::uint32_t drawn_count(const yaml_value& value, std::string_view many, const group& of) {
  if (many.ends_with("%")) {
    const auto share = parse_ratio(many);
    if (!share || !(*share > 0) || *share > 1)
      value.fail(quoted(value.path()) +
                 " must take more than 0% and at most 100% of a group, not " + std::string(many));
    return std::max(1U, static_cast<std::uint32_t>(std::llround(*share * of.count)));
  }
  constexpr std::string_view word = " random";
  const auto count =
      many.ends_with(word) ? parse_count(many.substr(0, many.size() - word.size())) : std::nullopt;
  if (!count || *count == 0)
    value.fail(quoted(value.path()) + " must be " + std::string(forms) + ", not " +
               quoted(value.as_text()));
  if (*count > of.count)
    value.fail("group " + quoted(of.name) + " has " + counted(of.count, "node") + ", of which " +
               std::to_string(*count) + " cannot be drawn");
  return static_cast<std::uint32_t>(*count);
}

// The text between the brackets of `peers[…]`.
void read_members(const yaml_value& value, std::string_view inside, const group& of,
                  node_selection& out) {
  const auto dots = inside.find("..");
  const auto first = parse_count(inside.substr(0, dots));
  const auto last = dots == std::string_view::npos ? first : parse_count(inside.substr(dots + 2));
  if (!first || !last)
    value.fail(quoted(value.path()) + " must be " + std::string(forms) + ", not " +
               quoted(value.as_text()));
  if (*last < *first) value.fail(quoted(value.path()) + " must give the first node, then the last");
  if (*last >= of.count)
    value.fail("group " + quoted(of.name) + " has " + counted(of.count, "node") +
               ", numbered from 0: there is no node " + std::to_string(*last));
  out.first = static_cast<std::uint32_t>(*first);
  out.count = static_cast<std::uint32_t>(*last - *first + 1);
}

}  // namespace

node_selection read_nodes(const yaml_value& value, const scenario& of) {
  node_selection out;
  out.text = value.as_text();
  const std::string_view text = out.text;
  if (const auto at = text.find(" of "); at != std::string_view::npos) {
    out.how = node_selection::kind::random;
    out.group = group_named(value, std::string(text.substr(at + 4)), of);
    out.count = drawn_count(value, text.substr(0, at), of.groups[out.group]);
    return out;
  }
  const auto open = text.find('[');
  const bool members = open != std::string_view::npos && text.ends_with(']');
  out.group = group_named(value, std::string(members ? text.substr(0, open) : text), of);
  out.count = of.groups[out.group].count;
  if (members)
    read_members(value, text.substr(open + 1, text.size() - open - 2), of.groups[out.group], out);
  return out;
}

node_selection parse_nodes(const std::string& text, const std::string& option, const scenario& of) {
  yaml_source source{.name = option + " " + text};
  return read_nodes(yaml_value(source, YAML::Node(text), option), of);
}

node_selection read_nodes_or_neighbours(const yaml_value& value, const scenario& of) {
  const std::string word = "neighbours";
  const auto text = value.as_text();
  const auto names = group_names(of);
  if (text != word && closest(text, names).empty() && closest(text, {word}) == word)
    value.fail("no group is called " + quoted(text) + "; did you mean " + quoted(word) + "?");
  if (text != word || std::ranges::count(names, text) != 0) return read_nodes(value, of);
  node_selection out;
  out.how = node_selection::kind::neighbours;
  out.text = text;
  return out;
}

}  // namespace tandem::scenarios
