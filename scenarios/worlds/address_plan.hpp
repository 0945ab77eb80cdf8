// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/addresses.hpp"
#include "tandem/scenarios/world.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// What nodes are called, whatever their network calls their hosts: each has addresses of its own,
/// several, an IPv6 one or one that it shares with others, and can get new ones. Managers see
/// nothing else; packets travel by the network's addresses.
class address_plan {
 public:
  /// Of a world of so many nodes, the addresses of whose hosts belong to nobody else.
  explicit address_plan(std::uint32_t nodes) : nodes_(nodes) {}

  /// The next node. `real`: where others reach it on the network; that is its only address without
  /// `how`, which outlives the plan.
  void add(const endpoint& real, const address_spec* how);
  /// From now on the node has other addresses, and nobody is where it was.
  void move(node_index node);

  /// Where others dial it, all of them.
  std::span<const endpoint> of(node_index node) const { return nodes_at_[node].addresses; }
  /// Where its host listens for them: for its IPv6 addresses a port apart.
  endpoint real_of(node_index node, bool v6) const;
  /// What is there on the network; nothing: nobody has the address.
  std::optional<endpoint> find(const endpoint& at) const;
  /// Whose host this address of the network is, whatever the port.
  node_index owner(const endpoint& real) const;
  /// What a peer sees that `from` connects to from `port`, at an address of this family.
  endpoint seen(node_index from, bool v6, std::uint16_t port);

 private:
  struct named {
    endpoint real;
    const address_spec* how;
    std::uint32_t turn;  ///< among those that have the same `how`
    std::vector<endpoint> addresses{};
  };
  std::vector<endpoint> fresh(const address_spec& how, std::uint32_t turn);
  endpoint next_of(const address_range& range);
  bool is_taken(const endpoint& address) const;
  void put(node_index node, std::vector<endpoint> addresses, std::uint16_t port);
  void take_away(node_index node);

  std::uint32_t nodes_;
  std::vector<named> nodes_at_;
  std::map<std::pair<endpoint, std::uint8_t>, std::uint64_t> given_;  ///< the next one of a network
  std::map<const address_spec*, std::uint32_t> members_;
  std::map<const address_spec*, std::vector<endpoint>> shared_;  ///< what the last ones share
  std::map<endpoint, node_index> at_;                            ///< with the port
  std::map<endpoint, std::uint32_t> users_;                      ///< nodes that have it; port 0
  std::map<endpoint, node_index> owners_;      ///< of the network's addresses; port 0
  std::map<endpoint, std::uint16_t> outside_;  ///< ports given to connections from a shared address
};

}  // namespace tandem::scenarios
