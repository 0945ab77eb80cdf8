// SPDX-License-Identifier: MIT
#include "core/table/dial_queue.hpp"

namespace tandem::detail {

void dial_queue::place(std::uint32_t i, const entry& e) noexcept {
  heap_[i] = e;
  positions_[e.slot] = i;
}

void dial_queue::sift(std::uint32_t i, const entry& e) noexcept {
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

void dial_queue::put(slot_index slot, const dial_rank& rank) {
  // One at a time, so that the capacity grows geometrically.
  while (positions_.size() <= slot) positions_.push_back(no_slot);
  const entry e{rank, slot};
  std::uint32_t i = positions_[slot];
  if (i == no_slot) {
    i = static_cast<std::uint32_t>(heap_.size());
    heap_.push_back(e);
  }
  sift(i, e);
}

void dial_queue::erase(slot_index slot) noexcept {
  const std::uint32_t i = position_of(slot);
  if (i == no_slot) return;
  positions_[slot] = no_slot;
  const entry last = heap_.back();
  heap_.pop_back();
  if (i < heap_.size()) sift(i, last);
}

void dial_queue::find_positions() {
  positions_.clear();
  for (std::uint32_t i = 0; i < heap_.size(); ++i) {
    if (heap_[i].slot >= positions_.size()) positions_.resize(heap_[i].slot + 1, no_slot);
    positions_[heap_[i].slot] = i;
  }
}

}  // namespace tandem::detail
