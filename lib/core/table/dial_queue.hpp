// SPDX-License-Identifier: MIT
#pragma once

#include "core/table/slot_table.hpp"

#include <cstdint>
#include <type_traits>
#include <vector>

namespace tandem::detail {

/// Whose turn it is: higher priority first, then what has nothing in flight before what has, then
/// first come, first served.
struct dial_rank {
  std::int32_t priority = 0;
  bool beside = false;         ///< a further attempt beside those in flight
  std::uint64_t sequence = 0;  ///< no two alike

  constexpr bool before(const dial_rank& other) const noexcept {
    if (priority != other.priority) return priority > other.priority;
    return beside != other.beside ? other.beside : sequence < other.sequence;
  }

  /// Every field, for checkpoints.
  void fields(auto& a) { a(priority), a(beside), a(sequence); }
};

/// Slots in line, each at most once. Every change is O(log n); bounded by the slot table, capacity
/// is kept.
class dial_queue {
 public:
  enum class front_is : std::uint8_t { best, worst };
  explicit dial_queue(front_is which) : worst_first_(which == front_is::worst) {}

  /// Puts the slot in line, or moves it to where its rank belongs now.
  void put(slot_index slot, const dial_rank& rank);
  /// Does nothing when the slot is not in line.
  void erase(slot_index slot) noexcept;
  bool contains(slot_index slot) const noexcept { return position_of(slot) != no_slot; }
  bool empty() const noexcept { return heap_.empty(); }
  std::size_t size() const noexcept { return heap_.size(); }
  /// There is one.
  slot_index front() const noexcept { return heap_.front().slot; }
  const dial_rank& front_rank() const noexcept { return heap_.front().rank; }

  /// For checkpoints; the positions follow from the heap.
  void fields(auto& a) {
    a(heap_);
    if constexpr (std::remove_reference_t<decltype(a)>::reading) find_positions();
  }

 private:
  struct entry {
    dial_rank rank;
    slot_index slot;

    /// Every field, for checkpoints.
    void fields(auto& a) { a(rank), a(slot); }
  };
  bool before(const entry& a, const entry& b) const noexcept {
    return worst_first_ ? b.rank.before(a.rank) : a.rank.before(b.rank);
  }
  std::uint32_t position_of(slot_index slot) const noexcept {
    return slot < positions_.size() ? positions_[slot] : no_slot;
  }
  void place(std::uint32_t i, const entry& e) noexcept;
  /// Finds the place of `e` for the hole at `i`.
  void sift(std::uint32_t i, const entry& e) noexcept;
  void find_positions();

  std::vector<entry> heap_;  // binary
  std::vector<std::uint32_t> positions_;
  bool worst_first_;
};

}  // namespace tandem::detail
