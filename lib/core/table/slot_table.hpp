// SPDX-License-Identifier: MIT
#pragma once

#include "core/table/table_memory.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

namespace tandem::detail {

/// Names a slot of a table; `no_slot` is none.
using slot_index = std::uint32_t;
inline constexpr slot_index no_slot = std::numeric_limits<slot_index>::max();

/// Values with stable indices. Freed slots are used again, last freed first; capacity is kept.
/// T has a member `slot_index next_free` and a member `bool used`.
template <class T>
class slot_table {
 public:
  /// A slot with a default value. References to other slots end here.
  slot_index take() {
    slot_index i = free_;
    if (i == no_slot) {
      i = static_cast<slot_index>(slots_.size());
      slots_.emplace_back();
    } else {
      free_ = std::exchange(slots_[i].next_free, no_slot);  // the rest is as new
    }
    slots_[i].used = true;
    ++size_;
    return i;
  }
  void release(slot_index i) noexcept {
    std::destroy_at(&slots_[i]);
    std::construct_at(&slots_[i]);
    slots_[i].next_free = free_;
    free_ = i;
    --size_;
  }

  /// The slot that take() will give.
  slot_index next() const noexcept { return free_ == no_slot ? bound() : free_; }
  /// Starts to load it.
  TANDEM_PREFETCHES void prefetch_next() const noexcept {
    if (free_ != no_slot) prefetch(free_);
  }
  /// Starts to load all of a slot.
  TANDEM_PREFETCHES void prefetch(slot_index i) const noexcept {
    const char* const bytes = reinterpret_cast<const char*>(&slots_[i]);
    for (std::size_t at = 0; at < sizeof(T); at += 64) __builtin_prefetch(bytes + at, 1);
  }

  T& operator[](slot_index i) noexcept { return slots_[i]; }
  const T& operator[](slot_index i) const noexcept { return slots_[i]; }
  /// Slots in use.
  std::size_t size() const noexcept { return size_; }
  /// Every index below this has a slot, used or not.
  slot_index bound() const noexcept { return static_cast<slot_index>(slots_.size()); }

  /// Every field, for checkpoints.
  void fields(auto& a) { a(slots_), a(free_), a(size_); }

 private:
  table<T> slots_;
  slot_index free_ = no_slot;
  std::uint32_t size_ = 0;
};

}  // namespace tandem::detail
