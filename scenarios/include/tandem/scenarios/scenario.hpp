// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/events.hpp"
#include "tandem/core/options.hpp"
#include "tandem/core/time.hpp"
#include "tandem/scenarios/duration_distribution.hpp"
#include "tandem/scenarios/expectation.hpp"
#include "tandem/sim/link.hpp"
#include "tandem/sim/tcp_profile.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tandem::scenarios {

/// Index of a group of a scenario, in the order of the file.
using group_index = std::size_t;

/// Nodes that are alike. Nodes are numbered through all groups in the order of the file.
struct group {
  std::string name;
  std::uint32_t count = 1;
  bool listen = false;
  manager_options manager;
};

/// A link that differs from the default, between the nodes of two groups.
struct group_link {
  group_index first = 0;
  group_index second = 0;
  sim::link link;
};

/// When the dials of a `dial` come.
struct arrivals {
  enum class kind : std::uint8_t { at_once, every, poisson };
  kind how = kind::at_once;
  duration every{};       ///< between two dials of the whole group
  double per_second = 0;  ///< of the whole group
};

enum class pick : std::uint8_t { round_robin, random };

struct dial_work {
  group_index from = 0;
  group_index to = 0;
  duration at{};
  arrivals arrive;
  std::uint64_t count = 1;  ///< dials of each node of `from`; 0: until `until`
  duration until = duration::max();
  dial_mode mode = dial_mode::join;
  std::optional<duration_distribution> hold;  ///< until the dialer disconnects; none: for ever
  duration deadline{};                        ///< after the dial; 0: none but the manager's
  enum pick pick = pick::round_robin;
};

struct send_work {
  group_index from = 0;
  group_index to = 0;
  duration at{};
  duration every{};
  std::uint64_t count = 1;
  std::uint64_t bytes = 0;
};

/// Dials, and dials again whenever a dial failed (as soon as backoff allows) or the connection
/// closed. The first dial of a node's life comes within its start_spread.
struct keep_connected_work {
  group_index from = 0;
  group_index to = 0;
  duration at{};
  /// Before dialling again when nothing says how long to wait; none: as the manager does with
  /// protected peers, backoff_base and a part of start_spread.
  std::optional<duration_distribution> pause;
  enum pick pick = pick::round_robin;
};

/// Something that happens to every node of a group at one time.
struct group_work {
  enum class kind : std::uint8_t { shutdown, kill, restart };
  kind what = kind::shutdown;
  group_index group = 0;
  duration at{};
};

using work = std::variant<dial_work, send_work, keep_connected_work, group_work>;

/// What every fault has, whatever it does.
struct fault_head {
  std::string name;            ///< what expectations call it; empty: nothing
  std::string text;            ///< what results call it: its kind, and what tells it from others
  std::string allow_untested;  ///< why it may touch nothing; empty: it must not
};

/// From `at` to `until` nothing passes between the nodes of `groups` and all others.
struct partition_fault : fault_head {
  std::vector<group_index> groups;
  duration at{};
  duration until = duration::max();
};

/// One experiment: everything a scenario file says. See scenarios/README.md for the keys.
struct scenario {
  std::string name;
  std::string description;
  std::string file;                 ///< where it was read from, as given
  std::string text;                 ///< the file's content, before any `--set`
  std::vector<std::string> sets;    ///< the `path=value` applied
  std::vector<std::string> levels;  ///< as the file names them; none: see levels_of()
  std::uint64_t seed = 1;
  duration length{};  ///< the key `duration`
  duration sample_every{};
  sim::tcp_profile tcp = sim::linux_legacy();
  std::vector<group> groups;
  sim::link default_link;
  std::vector<group_link> links;
  std::vector<work> workload;
  std::vector<partition_fault> faults;
  std::vector<expectation> expectations;
  /// Where each key that was given stands: `links.default.latency` -> `file:line:column`.
  std::map<std::string, std::string> where;
};

}  // namespace tandem::scenarios
