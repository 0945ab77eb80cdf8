// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "core/table/slot_table.hpp"
#include "tandem/core/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace tandem::detail {

enum class address_state : std::uint8_t { untried, trying, failed };

/// One address of a dial.
struct pooled_address {
  endpoint where;
  address_state state = address_state::untried;
  bool tried = false;
  bool proven = false;
  std::uint8_t gave_way = 0;  ///< attempts that did
  bool used = false;
  slot<pooled_address> next;
  slot<pooled_address> next_free;
};
using address_slot = slot<pooled_address>;

/// The addresses of one dial, in the order they became known.
struct address_list {
  address_slot first;
  address_slot last;
  std::uint32_t size = 0;
  std::uint32_t tried = 0;
};

/// Holds the addresses of all dials in progress: a dial costs what its addresses need.
class address_pool {
 public:
  /// False when the list has addresses_max already.
  bool append(address_list& list, const endpoint& address) {
    if (list.size == addresses_max) return false;
    const address_slot i = all_.take();
    all_[i].where = address;
    (list.last == no_slot ? list.first : all_[list.last].next) = i;
    list.last = i;
    ++list.size;
    return true;
  }
  void clear(address_list& list) noexcept {
    for (address_slot i = list.first; i != no_slot;) {
      const address_slot next = all_[i].next;
      all_.release(i);
      i = next;
    }
    list = {};
  }
  const endpoint& at(address_slot i) const noexcept { return all_[i].where; }
  address_slot after(address_slot i) const noexcept { return all_[i].next; }
  address_state state(address_slot i) const noexcept { return all_[i].state; }
  void set(address_slot i, address_state to) noexcept { all_[i].state = to; }
  /// An attempt at it begins, of a list that is not exhausted() or has tried it before.
  void try_at(address_list& list, address_slot i) noexcept {
    all_[i].state = address_state::trying;
    if (!std::exchange(all_[i].tried, true)) ++list.tried;
  }
  bool tried(address_slot i) const noexcept { return all_[i].tried; }
  /// Its dial has tried as many as it may.
  static bool exhausted(const address_list& list) noexcept {
    return list.tried >= addresses_tried_max;
  }
  /// A connection to it came about during this dial.
  bool proven(address_slot i) const noexcept { return all_[i].proven; }
  void prove(address_slot i) noexcept { all_[i].proven = true; }
  /// Its attempt gives way to those of other dials: the next has more patience.
  void give_way(address_slot i) noexcept {
    if (all_[i].gave_way < 24) ++all_[i].gave_way;
    all_[i].proven = false;  // it connected, perhaps, and said nothing
  }
  std::uint8_t gave_way(address_slot i) const noexcept { return all_[i].gave_way; }

  TANDEM_FIELDS(all_)

 private:
  slot_table<pooled_address> all_;
};

}  // namespace tandem::detail
