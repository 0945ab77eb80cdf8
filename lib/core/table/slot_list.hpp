// SPDX-License-Identifier: MIT
#pragma once

#include "core/table/slot_table.hpp"

namespace tandem::detail {

/// Who is beside an entry in one list.
template <class T>
struct list_place {
  slot<T> previous;
  slot<T> next;
};

/// The ends of a list through entries of a table, each of which has a place in it: `place` names
/// that member. An entry that is in no list has an empty place. O(1), and nothing is allocated.
template <class T>
struct slot_list {
  slot<T> first;
  slot<T> last;
  std::uint32_t size = 0;

  void append(slot_table<T>& in, list_place<T> T::*place, slot<T> entry) noexcept {
    (in[entry].*place).previous = last;
    (last == no_slot ? first : (in[last].*place).next) = entry;
    last = entry;
    ++size;
  }
  /// Nothing when it is not there.
  void remove(slot_table<T>& in, list_place<T> T::*place, slot<T> entry) noexcept {
    const auto [previous, next] = in[entry].*place;
    if (previous == no_slot && first != entry) return;
    (previous == no_slot ? first : (in[previous].*place).next) = next;
    (next == no_slot ? last : (in[next].*place).previous) = previous;
    in[entry].*place = {};
    --size;
  }
};

}  // namespace tandem::detail
