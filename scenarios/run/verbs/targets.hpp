// SPDX-License-Identifier: MIT
#pragma once

#include "run/verbs/reading.hpp"
#include "tandem/core/actions.hpp"
#include "tandem/core/random.hpp"
#include "tandem/scenarios/nodes.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <functional>
#include <vector>

namespace tandem::scenarios {

class workload;

/// Whom a node means by `to` and `pick` when it has its turn: one node of `to` (`round_robin`: node
/// i of `from` always means node i mod size), a random one, or all of them, never itself. Of its
/// neighbours all, or a random one.
class targets {
 public:
  targets(workload& in, const ends& who, pick how, std::uint64_t index);

  const node_list& from() const noexcept { return from_; }
  void each(node_index from, const std::function<void(node_index to)>& act);

  /// What it must hear to know who is connected with whom.
  void on_notification(node_index node, const notification& what);
  void on_killed(node_index node) { neighbours_.erase(node); }

 private:
  struct neighbour {
    node_index node;
    std::uint32_t connections;
  };

  workload& in_;
  node_list from_;
  node_list to_;
  bool neighbours_only_;
  pick how_;
  random_stream choice_;
  boost::unordered_flat_map<node_index, std::vector<neighbour>> neighbours_;  ///< by their numbers
};

}  // namespace tandem::scenarios
