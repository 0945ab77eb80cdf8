// SPDX-License-Identifier: MIT
#pragma once

#include "core/table/slot.hpp"

#include <cstdint>
#include <limits>
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
};

enum class queue_front : std::uint8_t { best, worst };

/// Slots in line, each at most once. Every change is O(log n); bounded by the slot table, capacity
/// is kept.
template <class T>
class dial_queue {
 public:
  using slot_type = slot<T>;
  explicit dial_queue(queue_front which) : worst_first_(which == queue_front::worst) {}

  /// Puts the slot in line, or moves it to where its rank belongs now.
  void put(slot_type slot, const dial_rank& rank);
  /// Does nothing when the slot is not in line.
  void erase(slot_type slot) noexcept;
  bool contains(slot_type slot) const noexcept { return position_of(slot) != nowhere; }
  bool empty() const noexcept { return heap_.empty(); }
  std::size_t size() const noexcept { return heap_.size(); }
  /// There is one.
  slot_type front() const noexcept { return heap_.front().slot; }
  const dial_rank& front_rank() const noexcept { return heap_.front().rank; }

  /// For checkpoints; the positions follow from the heap.
  void fields(auto& a) {
    [[maybe_unused]] auto& [heap, positions, worst_first] = *this;
    a(heap);
    if constexpr (std::remove_reference_t<decltype(a)>::reading) find_positions();
  }

 private:
  struct entry {
    dial_rank rank;
    slot_type slot;
  };
  bool before(const entry& a, const entry& b) const noexcept {
    return worst_first_ ? b.rank.before(a.rank) : a.rank.before(b.rank);
  }
  static constexpr std::uint32_t nowhere = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t position_of(slot_type slot) const noexcept {
    return slot.index() < positions_.size() ? positions_[slot.index()] : nowhere;
  }
  void place(std::uint32_t i, const entry& e) noexcept;
  /// Finds the place of `e` for the hole at `i`.
  void sift(std::uint32_t i, const entry& e) noexcept;
  void find_positions();

  std::vector<entry> heap_;  // binary
  std::vector<std::uint32_t> positions_;
  bool worst_first_;
};

template <class T>
void dial_queue<T>::place(std::uint32_t i, const entry& e) noexcept {
  heap_[i] = e;
  positions_[e.slot.index()] = i;
}

template <class T>
void dial_queue<T>::sift(std::uint32_t i, const entry& e) noexcept {
  for (; i > 0 && before(e, heap_[(i - 1) / 2]); i = (i - 1) / 2) place(i, heap_[(i - 1) / 2]);
  const auto size = static_cast<std::uint32_t>(heap_.size());
  for (std::uint32_t child = 2 * i + 1; child < size; child = 2 * i + 1) {
    if (child + 1 < size && before(heap_[child + 1], heap_[child])) ++child;
    if (!before(heap_[child], e)) break;
    place(i, heap_[child]);
    i = child;
  }
  place(i, e);
}

template <class T>
void dial_queue<T>::put(slot_type slot, const dial_rank& rank) {
  // One at a time, so that the capacity grows geometrically.
  while (positions_.size() <= slot.index()) positions_.push_back(nowhere);
  const entry e{rank, slot};
  std::uint32_t i = positions_[slot.index()];
  if (i == nowhere) {
    i = static_cast<std::uint32_t>(heap_.size());
    heap_.push_back(e);
  }
  sift(i, e);
}

template <class T>
void dial_queue<T>::erase(slot_type slot) noexcept {
  const std::uint32_t i = position_of(slot);
  if (i == nowhere) return;
  positions_[slot.index()] = nowhere;
  const entry last = heap_.back();
  heap_.pop_back();
  if (i < heap_.size()) sift(i, last);
}

template <class T>
void dial_queue<T>::find_positions() {
  positions_.clear();
  for (std::uint32_t i = 0; i < heap_.size(); ++i) {
    const std::uint32_t slot = heap_[i].slot.index();
    if (slot >= positions_.size()) positions_.resize(slot + 1, nowhere);
    positions_[slot] = i;
  }
}

}  // namespace tandem::detail
