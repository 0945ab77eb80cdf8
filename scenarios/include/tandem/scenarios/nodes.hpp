// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/world.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tandem::scenarios {

/// Which nodes of a group are meant. In a file: `peers`, `peers[3]`, `peers[0..9]`, `10% of peers`,
/// `5 random of peers`. The same words mean the same nodes wherever a scenario says them.
struct node_selection {
  enum class kind : std::uint8_t {
    range,      ///< `first` to `first + count - 1` of the group
    random,     ///< `count` of the group, drawn once for each run
    neighbours  ///< whoever the acting node is connected with when it acts
  };
  kind how = kind::range;
  std::size_t group = 0;
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  std::string text;  ///< as the file says it

  bool neighbours() const noexcept { return how == kind::neighbours; }
  friend bool operator==(const node_selection&, const node_selection&) = default;
};

/// The nodes of one selection in one run, in ascending order.
class node_list {
 public:
  node_list() = default;
  node_list(node_index first, std::uint32_t count) : first_(first), count_(count) {}
  explicit node_list(std::vector<node_index> nodes)
      : count_(static_cast<std::uint32_t>(nodes.size())),
        drawn_(std::make_shared<const std::vector<node_index>>(std::move(nodes))) {}

  std::uint64_t size() const noexcept { return count_; }
  node_index operator[](std::uint64_t k) const {
    return drawn_ ? (*drawn_)[k] : first_ + static_cast<node_index>(k);
  }
  /// The place of `node` in it; size() when it is not there.
  std::uint64_t place_of(node_index node) const noexcept;

 private:
  node_index first_ = 0;
  std::uint32_t count_ = 0;
  std::shared_ptr<const std::vector<node_index>> drawn_;
};

/// The nodes of `which` under `seed`. `first_of`: the first node of each group; `size`: nodes of
/// the selection's group.
node_list nodes_of(const node_selection& which, node_index first_of_group, std::uint32_t size,
                   std::uint64_t seed);

}  // namespace tandem::scenarios
