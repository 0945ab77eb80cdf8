// SPDX-License-Identifier: MIT
#include "tandem/command/bad_input.hpp"
#include "tandem/command/units.hpp"
#include "tandem/scenarios/level.hpp"
#include "tandem/scenarios/level_settings.hpp"
#include "tandem/sim/fabric.hpp"

#include <algorithm>

namespace tandem::scenarios {
namespace {

std::function<std::vector<std::string>(const scenario&)> refusals_of(const std::string& level) {
  return [level](const scenario& what) { return refused_at(level, what); };
}

std::function<void(sim::host_index, sim::queue_event)> queues_heard_by(world_observer* who) {
  if (who == nullptr) return {};
  return [who](sim::host_index from, sim::queue_event what) { who->on_queue(from, what); };
}

}  // namespace

std::function<void(sim::host_index)> syns_heard_by(world_observer* who) {
  if (who == nullptr) return {};
  return [who](sim::host_index from) { who->on_syn(from); };
}

level fabric_level(std::string name,
                   std::function<std::unique_ptr<sim::fabric>(sim::fabric_options)> make) {
  const auto refuse = refusals_of(name);
  return {std::move(name), true,
          [make = std::move(make)](const world_options& o) {
            return make_node_world(
                o,
                make({o.seed, o.tcp, o.links, o.routers, syns_heard_by(o.observer), o.captures_to,
                      queues_heard_by(o.observer)}),
                false);
          },
          refuse};
}

std::vector<std::string> level_names() { return {"message", "stream", "packet", "loopback"}; }

std::vector<level> standard_levels(std::optional<level> packet) {
  const auto names = level_names();
  std::vector<level> levels{{names[0], true, make_message_world, refusals_of(names[0])},
                            fabric_level(names[1], &sim::make_stream_fabric)};
  if (packet) levels.push_back(std::move(*packet));
  levels.push_back(
      {names[3], false,
       [](const world_options& o) { return make_node_world(o, make_loopback_fabric(), true); },
       refusals_of(names[3])});
  return levels;
}

const level& level_named(const std::vector<level>& levels, std::string_view name) {
  for (const auto& level : levels)
    if (level.name == name) return level;
  if (std::ranges::count(level_names(), name) != 0)
    throw bad_input("level " + std::string(name),
                    "this build has no ns-3; build with -DTANDEM_NS3=ON");
  throw bad_input("level " + std::string(name), "no level is called `" + std::string(name) + "`" +
                                                    suggestion(name, level_names()));
}

std::vector<std::string> levels_of(const scenario& what, const std::vector<level>& known) {
  if (!what.levels.empty()) return what.levels;
  std::vector<std::string> names;
  for (const auto& level : known)
    if (level.refuse(what).empty()) names.push_back(level.name);
  return names;
}

std::vector<std::string> checked_levels(const scenario& what, const std::vector<level>& known) {
  auto names = levels_of(what, known);
  for (const auto& level : known)
    if (std::ranges::find(names, level.name) != names.end()) check_level(what, level);
  return names;
}

void check_level(const scenario& what, const level& on) {
  if (auto problems = on.refuse(what); !problems.empty()) throw bad_inputs(std::move(problems));
  if (!what.levels.empty() && std::ranges::find(what.levels, on.name) == what.levels.end()) {
    const auto it = what.where.find("levels");
    throw bad_input(it == what.where.end() ? what.file : it->second,
                    "the scenario is not for level " + on.name + "; add it to `levels`");
  }
}

}  // namespace tandem::scenarios
