// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "core/policy/prefix.hpp"
#include "core/table/deadline_queue.hpp"
#include "core/table/index_table.hpp"
#include "core/table/slot_table.hpp"
#include "tandem/core/ids.hpp"
#include "tandem/core/time.hpp"

#include <cstdint>

namespace tandem::detail {

/// Something remembered of addresses, each until a time; when there is one too many, what would
/// end soonest goes. IPv4-mapped addresses are the IPv4 address. O(log n).
template <class Value>
class address_table {
  struct entry {
    endpoint where;
    Value value;
    bool used = false;
    slot<entry> next_free;
  };
  using entry_slot = slot<entry>;

 public:
  /// With a salt that outsiders do not know they cannot choose addresses that are slow to find.
  explicit address_table(std::uint64_t salt) noexcept : salt_(salt) {}

  /// What is remembered, or null.
  const Value* find(const endpoint& where) const noexcept {
    const entry_slot found = size() == 0 ? entry_slot() : slot_of(where);
    return found == no_slot ? nullptr : &entries_[found].value;
  }
  /// The same, made anew where there is nothing. Changes once its time is told with until().
  Value& operator[](const endpoint& where) {
    entry_slot found = slot_of(where);
    if (found == no_slot) {
      found = entries_.take();
      entries_[found].where = where;
      by_address_.insert(hash_of_address(where), found);
    }
    return entries_[found].value;
  }
  /// It is remembered until then.
  void until(const endpoint& where, time_point end) { order_.arm(slot_of(where), end); }
  void erase(const endpoint& where) noexcept {
    if (const entry_slot found = slot_of(where); found != no_slot) drop(found);
  }
  /// All that are over, `most` of them; then, while there are more than `bound`, the next to be.
  void trim(time_point now, int most, std::uint64_t bound) noexcept {
    for (int n = 0; n < most && order_.next() <= now; ++n) drop(order_.pop());
    while (order_.size() > bound) drop(order_.pop());
  }
  /// Calls `change(value)` with each, which gives its new time. O(n log n).
  template <class Change>
  void change(Change&& change) {
    for (const entry_slot each : entries_) order_.arm(each, change(entries_[each].value));
  }
  std::size_t size() const noexcept { return entries_.size(); }

  TANDEM_FIELDS(salt_, entries_, by_address_, order_)

 private:
  std::uint64_t hash_of_address(const endpoint& where) const noexcept {
    return mix(hash_of(prefix_of(where), salt_) + where.port);
  }
  entry_slot slot_of(const endpoint& where) const noexcept {
    return by_address_.find(hash_of_address(where), [&](entry_slot each) {
      const endpoint& known = entries_[each].where;
      return known.port == where.port && prefix_of(known) == prefix_of(where);
    });
  }
  void drop(entry_slot each) noexcept {
    order_.disarm(each);
    by_address_.erase(hash_of_address(entries_[each].where), each);
    entries_.release(each);
  }

  std::uint64_t salt_;
  slot_table<entry> entries_;
  index_table<entry> by_address_;
  deadline_queue<entry_slot> order_;
};

}  // namespace tandem::detail
