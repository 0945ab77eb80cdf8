// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/scenario.hpp"
#include "tandem/scenarios/world.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::sim {
class fabric;
struct fabric_options;
}  // namespace tandem::sim

namespace tandem::scenarios {

/// One kind of network that scenarios run on.
struct level {
  std::string name;
  bool virtual_time = true;
  std::function<std::unique_ptr<world>(const world_options&)> make_world;
  /// One line for each setting of the scenario that this level cannot honour, with where it stands.
  std::function<std::vector<std::string>(const scenario&)> refuse;
  std::string engine{};  ///< other software that decides its results, with its version
};

/// The names of all levels there can be, in the order in which they are shown.
std::vector<std::string> level_names();

/// The levels of a program in that order: message, stream and loopback, which need nothing but this
/// library, and `packet` if it has that.
std::vector<level> standard_levels(std::optional<level> packet = {});

/// A level that runs nodes over a fabric; `name` is one of level_names().
level fabric_level(std::string name,
                   std::function<std::unique_ptr<sim::fabric>(sim::fabric_options)> make);

/// `packet`, on ns-3: in the library tandem::scenarios_packet, which only programs that may link
/// ns-3 (GPL-2.0-only) use. Built when TANDEM_NS3 is ON.
level packet_level();

/// The level called `name`. Throws bad_input: for a name nobody knows, with the closest one; for
/// one that this build lacks, saying so.
const level& level_named(const std::vector<level>& levels, std::string_view name);

/// Where the scenario runs unless somebody chooses: the levels it names, else each of `known` that
/// can honour it.
std::vector<std::string> levels_of(const scenario& what, const std::vector<level>& known);

/// The same, once each of them that is `known` passed check_level().
std::vector<std::string> checked_levels(const scenario& what, const std::vector<level>& known);

/// Throws bad_inputs with every setting of `what` that `on` cannot honour.
void check_level(const scenario& what, const level& on);

/// Cores on the message network (sim/message).
std::unique_ptr<world> make_message_world(const world_options& options);
/// Nodes over any fabric. `real_time`: traces cannot be compared, trace_hash() is empty.
std::unique_ptr<world> make_node_world(const world_options& options,
                                       std::unique_ptr<sim::fabric> fabric, bool real_time);
/// Real sockets on 127.0.0.1, real time, one thread. Raises the soft limit of open files.
std::unique_ptr<sim::fabric> make_loopback_fabric();

}  // namespace tandem::scenarios
