// SPDX-License-Identifier: MIT
#pragma once

#include "core/table/slot_table.hpp"
#include "tandem/core/ids.hpp"

#include <cstddef>
#include <cstdint>

namespace tandem::detail {

enum class address_state : std::uint8_t { untried, trying, failed };

/// The addresses of one dial, in the order they became known.
struct address_list {
  slot_index first = no_slot;
  slot_index last = no_slot;
  std::uint32_t size = 0;

  /// Every field, for checkpoints.
  void fields(auto& a) { a(first), a(last), a(size); }
};

/// Holds the addresses of all dials in progress: a dial costs what its addresses need.
class address_pool {
 public:
  /// False when the list has addresses_max already.
  bool append(address_list& list, const endpoint& address) {
    if (list.size == addresses_max) return false;
    const slot_index i = nodes_.take();
    nodes_[i].address = address;
    (list.last == no_slot ? list.first : nodes_[list.last].next) = i;
    list.last = i;
    ++list.size;
    return true;
  }
  void clear(address_list& list) noexcept {
    for (slot_index i = list.first; i != no_slot;) {
      const slot_index next = nodes_[i].next;
      nodes_.release(i);
      i = next;
    }
    list = {};
  }
  const endpoint& at(slot_index i) const noexcept { return nodes_[i].address; }
  slot_index after(slot_index i) const noexcept { return nodes_[i].next; }
  address_state state(slot_index i) const noexcept { return nodes_[i].state; }
  void set(slot_index i, address_state to) noexcept { nodes_[i].state = to; }
  /// A connection to it came about during this dial.
  bool proven(slot_index i) const noexcept { return nodes_[i].proven; }
  void prove(slot_index i) noexcept { nodes_[i].proven = true; }

  /// Every field, for checkpoints.
  void fields(auto& a) { a(nodes_); }

 private:
  struct node {
    endpoint address;
    address_state state = address_state::untried;
    bool proven = false;
    bool used = false;
    slot_index next = no_slot;
    slot_index next_free = no_slot;

    /// Every field, for checkpoints.
    void fields(auto& a) { a(address), a(state), a(proven), a(used), a(next), a(next_free); }
  };
  slot_table<node> nodes_;
};

}  // namespace tandem::detail
