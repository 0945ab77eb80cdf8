// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/options.hpp"
#include "tandem/core/time.hpp"
#include "tandem/net/node.hpp"
#include "tandem/scenarios/addresses.hpp"
#include "tandem/scenarios/expectation.hpp"
#include "tandem/scenarios/network.hpp"
#include "tandem/scenarios/sweep_spec.hpp"
#include "tandem/sim/tcp_profile.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// Index of a group of a scenario, in the order of the file.
using group_index = std::size_t;

/// How nodes misbehave; what there can be is in scenarios/run/behaviour.
class behaviour;

/// Nodes that are alike. Nodes are numbered through all groups in the order of the file.
struct group {
  std::string name;
  std::uint32_t count = 1;
  bool listen = false;
  manager_options manager;
  buffer_options buffers;                              ///< of sessions; message has none
  std::vector<security> secured{security::plaintext};  ///< in order of preference
  std::optional<link_spec> link;                       ///< of each node to the rest of the world
  std::optional<std::size_t> region;                   ///< index of regions.names
  std::vector<sim::router_index> routers;  ///< its nodes in equal parts; none: there are no routers
  std::shared_ptr<const behaviour> misbehaves;  ///< none: they do not
  std::uint32_t silent_addresses = 0;           ///< of each node, which others try first: no answer
  std::uint32_t refusing_addresses = 0;         ///< the same where nobody listens
  std::shared_ptr<const address_spec> addresses;  ///< none: the one that the network gives
};

/// A link that differs from the default, between the nodes of two groups.
struct group_link {
  group_index first = 0;
  group_index second = 0;
  link_spec link;
};

/// One entry of `workload:`; what there can be is in scenarios/run/verbs.
class work;

/// What every fault has, whatever it does.
struct fault_head {
  std::string name;            ///< what expectations call it; empty: nothing
  std::string text;            ///< what results call it: its kind, and what tells it from others
  std::string allow_untested;  ///< why it may touch nothing; empty: it must not
};

/// One entry of `faults:`; what there can be is in scenarios/run/fault.
class fault;

/// One experiment: everything a scenario file says. See scenarios/reference/file.md.
struct scenario {
  std::string name;
  std::string description;
  std::string file;               ///< where it was read from, as given
  std::string text;               ///< the file's content, before any `--set`
  std::string bases;              ///< that of the files it extends and of its tables
  std::string flat;               ///< all of it, with `extends`, parameters and sets resolved
  std::vector<std::string> sets;  ///< the `path=value` applied
  std::vector<std::pair<std::string, std::string>> parameters;  ///< their values, as calculated
  std::vector<std::string> levels;  ///< as the file names them; none: see levels_of()
  std::uint64_t seed = 1;
  duration length{};  ///< the key `duration`
  duration sample_every{};
  sim::tcp_profile tcp = sim::linux_legacy();
  std::vector<group> groups;
  link_spec default_link;
  std::vector<group_link> links;  ///< complete: over the default
  region_map regions;
  std::optional<router_network> routers;  ///< none: nodes are joined without any
  std::vector<std::shared_ptr<const work>> workload;
  bool nodes_move = false;  ///< some come back at other addresses
  std::vector<std::shared_ptr<const fault>> faults;
  std::vector<expectation> expectations;
  sweep_spec sweep;
  /// Where each key that was given stands: `links.default.latency` -> `file:line:column`.
  std::map<std::string, std::string> where;
  /// What is allowed and probably not meant, each line with its place.
  std::vector<std::string> warnings;
};

}  // namespace tandem::scenarios
