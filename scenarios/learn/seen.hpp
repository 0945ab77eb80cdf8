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

/// What one node saw of its peers. Times are seconds.
struct seen_by_node {
  peer_id self;
  manager_options options;
  double length = 0;                ///< of all its runs
  std::vector<double> arrivals;     ///< inbound, one after the other
  std::vector<double> dials;        ///< of its own
  std::vector<double> lives;        ///< ready to an end that the peer wanted
  std::vector<double> cut_short;    ///< those that ended otherwise, or not yet
  std::vector<double> round_trips;  ///< the median of each connection
  std::uint64_t ready_inbound = 0;
  std::uint64_t refused_inbound = 0;
  std::set<peer_id> peers;  ///< that came
  std::set<peer_id> dialled;
  std::map<std::string, std::uint64_t> peers_in_subnet;  ///< of those that came
  std::map<std::string, std::uint64_t> failures;  ///< `closed IdleTimeout`, by kind and cause
};

/// Follows a run of a node from its first record to its last. Throws bad_input when it is damaged.
void watch_run(const recording& run, seen_by_node& seen);

}  // namespace tandem::scenarios
