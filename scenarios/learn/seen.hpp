// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/command/recording.hpp"
#include "tandem/core/options.hpp"
#include "tandem/core/replay.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace tandem::scenarios {

/// Connections of one direction, as one node saw them. Times are seconds.
struct seen_connections {
  std::vector<double> lives;        ///< ready to an end that the dialer wanted
  std::vector<double> cut_short;    ///< those that ended otherwise, or not yet
  std::vector<double> round_trips;  ///< the median of each connection
};

/// What became of a peer that a node dialled: the best of all its dials.
enum class fate : std::uint8_t { silent, refusing, answering };

/// One peer that a node dialled.
struct seen_dials {
  fate best = fate::silent;
  std::vector<double> times;
};

/// What one node saw of its peers. Times are seconds.
struct seen_by_node {
  peer_id self;
  manager_options options;
  double length = 0;             ///< of all its runs
  std::vector<double> arrivals;  ///< inbound, one after the other
  seen_connections inbound;
  seen_connections outbound;
  std::set<peer_id> peers;                               ///< that came
  std::map<std::string, std::uint64_t> peers_in_subnet;  ///< of those that came
  std::map<peer_id, seen_dials> dialled;
  std::uint64_t joining_dials = 0;
  std::uint64_t additional_dials = 0;
  std::map<std::string, std::uint64_t> failures;  ///< `closed IdleTimeout`, by kind and cause

  /// When it dialled peers of this fate, ascending.
  std::vector<double> dials_of(fate) const;
};

/// Follows a run of a node from its first record to its last. Throws bad_input when it is damaged.
void watch_run(const recording& run, seen_by_node& seen);

}  // namespace tandem::scenarios
