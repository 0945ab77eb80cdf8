// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/sim/link.hpp"

#include <boost/unordered_map.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <tuple>

namespace tandem::scenarios {

/// The links of a run while faults change them: layers over what the scenario says, each over some
/// ordered pairs of hosts, on or off. A later layer changes what the earlier ones made of a link.
class weather {
 public:
  using pairs = std::function<bool(sim::host_index from, sim::host_index to)>;
  using change = std::function<void(sim::link&, sim::host_index from, sim::host_index to)>;

  explicit weather(sim::link_map below) : below_(std::move(below)) {}

  /// Adds a layer, off, and returns its number. `by_pair`: not every pair changes alike.
  std::size_t add(pairs where, change how, bool by_pair);
  /// Takes all layers away.
  void clear() { layers_.clear(); }
  void turn(std::size_t layer, bool on) { layers_[layer].on = on; }
  /// Stays where it is as long as this lives.
  const sim::link& between(sim::host_index from, sim::host_index to);

 private:
  using place = std::tuple<const sim::link*, sim::host_index, sim::host_index>;  // over which link
  struct layer {
    pairs where;
    change how;
    bool by_pair = false;
    bool on = false;
    boost::unordered_map<place, sim::link> changed{};
  };
  sim::link_map below_;
  std::deque<layer> layers_;  // does not move the links it gave
};

}  // namespace tandem::scenarios
