// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/world.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// What the turns of an entry of the workload began and is not over, each under a number of its
/// own, from 1. An Item has the node `from` that began it. Adding one moves the others.
template <class Item>
class open_items {
 public:
  std::uint64_t add(Item item) {
    of_node_[item.from].push_back(++last_);
    items_.emplace(last_, std::move(item));
    return last_;
  }
  Item* find(std::uint64_t number) {
    const auto it = items_.find(number);
    return it == items_.end() ? nullptr : &it->second;
  }
  void erase(std::uint64_t number) {
    std::erase(of_node_[items_.at(number).from], number);
    items_.erase(number);
  }
  bool has(node_index node) { return !of_node_[node].empty(); }
  /// Of one node, those for which `which` is true, oldest first.
  template <class Which>
  std::vector<std::uint64_t> of(node_index node, Which which) {
    std::vector<std::uint64_t> out;
    if (const auto it = of_node_.find(node); it != of_node_.end())
      for (const auto number : it->second)
        if (which(items_.at(number))) out.push_back(number);
    return out;
  }

 private:
  boost::unordered_flat_map<std::uint64_t, Item> items_;
  boost::unordered_flat_map<node_index, std::vector<std::uint64_t>> of_node_;
  std::uint64_t last_ = 0;
};

}  // namespace tandem::scenarios
