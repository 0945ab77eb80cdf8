// SPDX-License-Identifier: MIT
#include "read_scenario.hpp"

#include "tandem/command/bad_input.hpp"
#include "tandem/command/option_text.hpp"
#include "tandem/command/units.hpp"
#include "tandem/scenarios/read.hpp"
#include "tandem/scenarios/run.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace tandem::scenarios {
namespace {

// Of all groups together: each node has an address of 10.0.0.0/8.
constexpr std::uint64_t nodes_max = 10'000'000;
constexpr std::size_t groups_max = 1000;  // every pair of groups has its link in a table
// Samples stay in memory until the end, about 150 bytes a row.
constexpr std::uint64_t sample_rows_max = 2'000'000;
constexpr duration above_zero{1};

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '-';
  });
}

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

void read_manager(const yaml_value& value, group& out) {
  std::vector<std::string> known;
  for (const auto& row : option_table()) known.emplace_back(row.name);
  const yaml_mapping given(value, "manager options", known);
  for (const auto& row : option_table())
    if (const auto* option = given.find(row.name)) read_option(row, *option, out.manager);
  for (const auto& problem : problems_of(out.manager)) {
    const auto* field = given.find(problem.field);
    (field ? *field : value).fail(problem.message);
  }
}

void read_groups(const yaml_value& value, scenario& out) {
  std::uint64_t nodes = 0;
  for (const auto& [name, entry] : value.entries()) {
    if (out.groups.size() == groups_max)
      throw bad_input(entry.key_where(),
                      "a scenario has at most " + std::to_string(groups_max) + " groups");
    if (!is_name(name))
      throw bad_input(entry.key_where(),
                      "`" + name + "` cannot name a group: use letters, digits, _ and -");
    const yaml_mapping given(entry, "group `" + name + "`", {"count", "listen", "manager"});
    group made;
    made.name = name;
    if (const auto* count = given.find("count"))
      made.count = static_cast<std::uint32_t>(count->as_count(1, nodes_max));
    nodes += made.count;
    if (nodes > nodes_max)
      entry.fail("all groups together must have at most " + std::to_string(nodes_max) + " nodes");
    if (const auto* listen = given.find("listen")) made.listen = listen->as_bool();
    if (const auto* manager = given.find("manager")) read_manager(*manager, made);
    out.groups.push_back(std::move(made));
  }
  if (out.groups.empty()) value.fail("a scenario needs at least one group");
}

void read_link_keys(const yaml_mapping& given, sim::link& out) {
  if (const auto* v = given.find("latency")) out.latency = v->as_duration();
  if (const auto* v = given.find("jitter")) out.jitter = v->as_duration();
  if (const auto* v = given.find("bandwidth")) out.bandwidth = v->as_bandwidth();
  if (const auto* v = given.find("loss")) {
    out.loss = v->as_ratio();
    if (out.loss < 0 || out.loss >= 1)
      v->fail("`" + v->path() +
              "` must be at least 0 and below 1 (100%): with everything lost nothing connects");
  }
}

void read_links(const yaml_value& value, scenario& out) {
  const yaml_mapping given(value, "links", {"default", "between"});
  const std::vector<std::string> keys{"latency", "jitter", "bandwidth", "loss"};
  if (const auto* v = given.find("default"))
    read_link_keys(yaml_mapping(*v, "links.default", keys), out.default_link);
  if (const auto* between = given.find("between")) {
    auto known = keys;
    known.emplace_back("groups");
    for (const auto& entry : between->as_list()) {
      const yaml_mapping one(entry, "links.between", known);
      const auto pair = one.need("groups").as_list();
      if (pair.size() != 2)
        one.need("groups").fail("`" + one.need("groups").path() + "` must name two groups");
      group_link made{pair[0].as_one_of(group_names(out), "group"),
                      pair[1].as_one_of(group_names(out), "group"), out.default_link};
      for (const auto& other : out.links)
        if (std::minmax(other.first, other.second) == std::minmax(made.first, made.second))
          entry.fail("the link between these two groups is given twice");
      read_link_keys(one, made.link);
      out.links.push_back(made);
    }
  }
}

void read_expectations(const yaml_value& value, scenario& out) {
  const auto names = group_names(out);
  for (const auto& entry : value.as_list()) {
    const auto text = entry.as_text();
    try {
      out.expectations.push_back(parse_expectation(text, names));
    } catch (const std::invalid_argument& e) {
      entry.fail(std::string(e.what()) + "; in `" + text + "`");
    }
    if (const auto at = out.expectations.back().at; at && *at > out.length)
      entry.fail("the time after `at` is beyond the scenario's duration of " +
                 format_duration(out.length));
  }
}

void read_levels(const yaml_value& value, scenario& out) {
  for (const auto& entry : value.as_list()) {
    const auto name = level_names()[entry.as_one_of(level_names(), "level")];
    if (std::ranges::find(out.levels, name) != out.levels.end())
      entry.fail("level `" + name + "` is given twice");
    out.levels.push_back(name);
  }
  if (out.levels.empty()) value.fail("`levels` is empty: name at least one");
}

// Refuses samples that would not fit into memory.
void check_samples(const yaml_mapping& given, const scenario& of) {
  std::uint64_t nodes = 0;
  for (const auto& g : of.groups) nodes += g.count;
  const std::uint64_t rows =
      of.groups.size() + (nodes <= run_options{}.node_samples_max ? nodes : 0);
  const auto most = static_cast<std::int64_t>(sample_rows_max / rows);
  if (of.length / of.sample_every < most) return;
  const auto* every = given.find("sample_every");
  (every ? *every : given.need("duration"))
      .fail("`sample_every` of " + format_duration(of.sample_every) + " over " +
            format_duration(of.length) + " gives more than " + std::to_string(sample_rows_max) +
            " rows of samples; make it longer than " + format_duration(of.length / most));
}

void read_all(const yaml_value& root, scenario& out) {
  const yaml_mapping given(root, "a scenario",
                           {"scenario", "description", "levels", "seed", "duration", "sample_every",
                            "tcp", "groups", "links", "workload", "faults", "expectations"});
  out.name = given.need("scenario").as_text();
  if (!is_name(out.name))
    given.need("scenario").fail("`scenario` must be a name of letters, digits, _ and -");
  if (const auto* v = given.find("description")) out.description = v->as_text();
  if (const auto* v = given.find("levels")) read_levels(*v, out);
  if (const auto* v = given.find("seed"))
    out.seed = v->as_count(0, std::numeric_limits<std::uint64_t>::max());
  out.length = given.need("duration").as_duration(above_zero);
  out.sample_every = std::chrono::seconds(1);
  if (const auto* v = given.find("sample_every")) out.sample_every = v->as_duration(above_zero);
  if (const auto* v = given.find("tcp")) {
    std::vector<std::string> names;
    for (const auto& profile : sim::tcp_profiles()) names.emplace_back(profile.name);
    out.tcp = &sim::tcp_profiles()[v->as_one_of(names, "TCP profile")];
  }
  read_groups(given.need("groups"), out);
  check_samples(given, out);
  if (const auto* v = given.find("links")) read_links(*v, out);
  if (const auto* v = given.find("workload")) read_workload(*v, out);
  if (const auto* v = given.find("faults")) read_faults(*v, out);
  if (const auto* v = given.find("expectations")) read_expectations(*v, out);
}

}  // namespace

std::vector<std::string> group_names(const scenario& of) {
  std::vector<std::string> names;
  for (const auto& g : of.groups) names.push_back(g.name);
  return names;
}

void read_option(const option_row& row, const yaml_value& value, manager_options& out) {
  try {
    set_option(row, value.as_text(), out);
  } catch (const std::invalid_argument& e) {
    value.fail(e.what());
  }
}

scenario parse_scenario(std::string_view text, const std::string& name,
                        const std::vector<std::string>& sets) {
  scenario out;
  out.file = name;
  out.text = text;
  out.sets = sets;
  yaml_source source{name, {}, {}};
  if (!is_utf8(text)) throw bad_input(name, "is no UTF-8 text");
  try {
    YAML::Node root = YAML::Load(out.text);
    if (!root.IsMap()) throw bad_input(name + ":1:1", "a scenario must be a mapping of keys");
    for (const auto& set : sets) apply_set(source, root, set);
    read_all(yaml_value(source, root, ""), out);
  } catch (const YAML::Exception& e) {
    throw bad_input(
        name + ":" + std::to_string(e.mark.line + 1) + ":" + std::to_string(e.mark.column + 1),
        e.msg);
  }
  out.where = std::move(source.where);
  return out;
}

scenario read_scenario(const std::string& path, const std::vector<std::string>& sets) {
  std::ifstream file(path);
  std::stringstream text;
  if (file && file.peek() == std::ifstream::traits_type::eof() && !file.bad())
    throw bad_input(path, "is empty; a scenario must be a mapping of keys");
  if (!file || !(text << file.rdbuf()))
    throw bad_input(path,
                    "cannot be read: " + std::generic_category().message(errno ? errno : EIO));
  return parse_scenario(text.str(), path, sets);
}

}  // namespace tandem::scenarios
