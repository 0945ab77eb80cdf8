// SPDX-License-Identifier: MIT
#include "read_scenario.hpp"

#include "extends.hpp"
#include "parameters.hpp"
#include "read_addresses.hpp"
#include "read_manager.hpp"
#include "read_network.hpp"
#include "read_swarm.hpp"
#include "read_sweep.hpp"
#include "read_tcp_profile.hpp"
#include "read_topology.hpp"
#include "run/behaviour/behaviour.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/option_text.hpp"
#include "tandem/command/units.hpp"
#include "tandem/scenarios/read.hpp"
#include "tandem/scenarios/run.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

// Of all groups together: each node has an address of 10.0.0.0/8.
constexpr std::uint64_t nodes_max = 10'000'000;
constexpr std::uint64_t stale_addresses_max = 1000;  // of each kind, of one node
constexpr std::size_t groups_max = 1000;             // every pair of groups has its link in a table
// Samples stay in memory until the end, about 150 bytes a row.
constexpr std::uint64_t sample_rows_max = 2'000'000;
constexpr duration above_zero{1};

constexpr const char* connection_buffers = "connection_buffers_max";
constexpr const char* all_buffers = "buffers_max";

/// One name, or a list of them in order of preference.
std::vector<security> read_security(const yaml_value& value) {
  std::vector<std::string> names;
  for (const auto kind : every_security) names.emplace_back(name_of(kind));
  std::vector<security> chosen;
  const auto add = [&](const yaml_value& name) {
    const auto kind = every_security[name.as_one_of(names, "security")];
    if (std::ranges::find(chosen, kind) != chosen.end())
      name.fail(quoted(name_of(kind)) + " is given twice");
    chosen.push_back(kind);
  };
  if (!value.node().IsSequence()) {
    add(value);
    return chosen;
  }
  if (value.as_list().empty()) value.fail("`security` is empty: name at least one");
  value.each(add);
  return chosen;
}

void read_group(const std::string& name, const yaml_value& entry, const scenario& of, group& out) {
  const yaml_mapping given(
      entry, "group `" + name + "`",
      {"count", "listen", "manager", "behaviour", "addresses", "stale_addresses", "security",
       connection_buffers, all_buffers, "link", "region", "router"});
  given.read("count", [&](const auto& v) {
    out.count = static_cast<std::uint32_t>(v.as_count(1, nodes_max));
  });
  given.read("listen", [&](const auto& v) { out.listen = v.as_bool(); });
  given.read("manager", [&](const auto& v) { read_manager(v, out.manager); });
  given.read("security", [&](const auto& v) { out.secured = read_security(v); });
  given.read(connection_buffers, [&](const auto& v) {
    out.buffers.connection_buffers_max = v.as_bytes(message_size_default, buffer_options::most);
  });
  given.read(all_buffers,
             [&](const auto& v) { out.buffers.buffers_max = v.as_bytes(0, buffer_options::most); });
  given.read("link", [&](const auto& v) { out.link = read_link(v); });
  given.read("region", [&](const auto& v) { out.region = read_region(v, of.regions); });
  given.read("router", [&](const auto& v) { out.routers = read_router(v, of); });
  given.read("addresses", [&](const auto& v) { out.addresses = read_addresses(v, out.count); });
  given.read("stale_addresses", [&](const auto& v) {
    const yaml_mapping stale(v, "stale_addresses", {"silent", "refusing"});
    const auto count = [](const auto& of) {
      return static_cast<std::uint32_t>(of.as_count(0, stale_addresses_max));
    };
    stale.read("silent", [&](const auto& many) { out.silent_addresses = count(many); });
    stale.read("refusing", [&](const auto& many) { out.refusing_addresses = count(many); });
  });
  given.read("behaviour", [&](const auto& v) { out.misbehaves = read_behaviour(v); });
}

}  // namespace

void read_groups(const yaml_value& value, scenario& out) {
  std::uint64_t nodes = 0;
  for (const auto& group : out.groups) nodes += group.count;
  for (const auto& [name, entry] : value.entries()) {
    if (out.groups.size() == groups_max)
      entry.fail_key("a scenario has at most " + std::to_string(groups_max) + " groups");
    // Whatever is wrong with a group, others may name it.
    group& made = out.groups.emplace_back();
    made.name = name;
    const std::size_t mistakes = value.source().mistakes.size();
    value.source().attempt([&] {
      if (!is_name(name))
        entry.fail_key(quoted(name) + " cannot name a group: use letters, digits, _ and -");
      read_group(name, entry, out, made);
      nodes += made.count;
      if (nodes > nodes_max)
        entry.fail("all groups together must have at most " + std::to_string(nodes_max) + " nodes");
    });
    // Not to be blamed on who dials it; nothing is made of the scenario anyway.
    if (value.source().mistakes.size() > mistakes) made.listen = true;
  }
  if (out.groups.empty()) value.fail("a scenario needs at least one group");
}

namespace {

void read_levels(const yaml_value& value, scenario& out) {
  if (value.as_list().empty()) value.fail("`levels` is empty: name at least one");
  value.each([&](const yaml_value& entry) {
    const auto name = level_names()[entry.as_one_of(level_names(), "level")];
    if (std::ranges::find(out.levels, name) != out.levels.end())
      entry.fail("level " + quoted(name) + " is given twice");
    out.levels.push_back(name);
  });
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
            " rows of samples; make it longer than " + format_moment(of.length / most));
}

void read_all(const yaml_value& root, scenario& out) {
  const yaml_mapping given(
      root, "a scenario",
      {"scenario", "description", "levels", "seed", "duration", "sample_every", "tcp", "network",
       "groups", "links", "workload", "faults", "expectations", "sweep", "swarm"});
  given.read("sweep", [&](const auto& v) { out.sweep = read_sweep(v); });
  given.read("swarm", [](const auto& v) { read_swarm(v); });  // only whether it can be read
  given.require("scenario", [&](const auto& v) {
    out.name = v.as_text();
    if (!is_name(out.name)) v.fail("`scenario` must be a name of letters, digits, _ and -");
  });
  given.read("description", [&](const auto& v) { out.description = v.as_text(); });
  given.read("levels", [&](const auto& v) { read_levels(v, out); });
  given.read("seed", [&](const auto& v) {
    out.seed = v.as_count(0, std::numeric_limits<std::uint64_t>::max());
  });
  const bool timed =
      given.require("duration", [&](const auto& v) { out.length = v.as_duration(above_zero); });
  // Nothing lies beyond the end of a scenario whose end nobody knows.
  if (!timed) out.length = duration::max();
  out.sample_every = std::chrono::seconds(1);
  const bool sampled =
      given.find("sample_every") == nullptr || given.read("sample_every", [&](const auto& v) {
        out.sample_every = v.as_duration(above_zero);
      });
  given.read("tcp", [&](const auto& v) { out.tcp = read_tcp_profile(v); });
  given.read("network", [&](const auto& v) { read_network(v, out); });
  given.require("groups", [&](const auto& v) { read_groups(v, out); });
  if (out.groups.empty()) return;  // all that follows is about them
  if (root.source().mistakes.empty())
    root.source().attempt([&] { place_nodes(given.need("groups"), out); });
  if (timed && sampled) root.source().attempt([&] { check_samples(given, out); });
  given.read("links", [&](const auto& v) { read_links(v, out); });
  given.read("workload", [&](const auto& v) { read_workload(v, out); });
  given.read("faults", [&](const auto& v) { read_faults(v, out); });
  given.read("expectations", [&](const auto& v) { read_expectations(v, out); });
}

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '-';
  });
}

std::string read_reason(const yaml_value& value) {
  auto why = value.as_text();
  if (why.empty()) value.fail("`allow_untested` must say why");
  return why;
}

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

namespace {

/// The text of a tree in which every parameter has been put in: a `${` that is left is meant.
std::string text_of(const YAML::Node& root) {
  std::string text = YAML::Dump(root) + "\n";
  for (std::size_t at = 0; (at = text.find("${", at)) != std::string::npos; at += 3)
    text.insert(at, "$");
  return text;
}

}  // namespace

scenario parse_scenario(std::string_view text, const std::string& name,
                        const std::vector<std::string>& sets) {
  scenario out;
  out.file = name;
  out.text = text;
  out.sets = sets;
  yaml_source source{.name = name};
  YAML::Node root = merged_yaml(source, name, out.text);
  for (const auto& set : sets) apply_set(source, root, set);
  out.parameters = put_parameters(source, root);
  const yaml_value whole(source, root, "");
  source.attempt([&] { read_all(whole, out); });
  source.throw_mistakes();
  for (const auto* of_many_runs : {"sweep", "swarm"}) root.remove(of_many_runs);
  out.flat = text_of(root);
  out.bases = std::move(source.bases);
  out.where = std::move(source.where);
  return out;
}

scenario read_scenario(const std::string& path, const std::vector<std::string>& sets) {
  return parse_scenario(text_of_file(path), path, sets);
}

}  // namespace tandem::scenarios
