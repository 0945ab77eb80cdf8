// SPDX-License-Identifier: MIT
#include "core/table/deadline_queue.hpp"

namespace tandem::detail {

namespace {
constexpr std::uint32_t arity = 4;
}

std::uint32_t& deadline_queue::position(std::uint32_t owner) noexcept {
  return positions_[static_cast<std::size_t>(kind_of(owner))][slot_of(owner)];
}

std::uint32_t deadline_queue::position_of(timer_kind kind, std::uint32_t slot) const noexcept {
  const auto& known = positions_[static_cast<std::size_t>(kind)];
  return slot < known.size() ? known[slot] : not_armed;
}

void deadline_queue::put(std::uint32_t i, const entry& e) noexcept {
  heap_[i] = e;
  position(e.owner) = i;
}

void deadline_queue::sift_up(std::uint32_t i, const entry& e) noexcept {
  while (i > 0) {
    const std::uint32_t parent = (i - 1) / arity;
    if (!e.before(heap_[parent])) break;
    put(i, heap_[parent]);
    i = parent;
  }
  put(i, e);
}

void deadline_queue::sift_down(std::uint32_t i, const entry& e) noexcept {
  const auto size = static_cast<std::uint32_t>(heap_.size());
  for (;;) {
    const std::uint32_t first = i * arity + 1;
    if (first >= size) break;
    std::uint32_t least = first;
    for (std::uint32_t c = first + 1; c < first + arity && c < size; ++c)
      if (heap_[c].before(heap_[least])) least = c;
    if (!heap_[least].before(e)) break;
    put(i, heap_[least]);
    i = least;
  }
  put(i, e);
}

void deadline_queue::arm(timer_kind kind, std::uint32_t slot, time_point at) {
  if (at == never) return disarm(kind, slot);
  const entry e{at, sequence_++, owner_of(kind, slot)};
  auto& known = positions_[static_cast<std::size_t>(kind)];
  // One at a time, so that the capacity grows geometrically.
  while (known.size() <= slot) known.push_back(not_armed);
  std::uint32_t i = known[slot];
  if (i == not_armed) {
    i = static_cast<std::uint32_t>(heap_.size());
    heap_.push_back(e);
    sift_up(i, e);
  } else if (e.before(heap_[i])) {
    sift_up(i, e);
  } else {
    sift_down(i, e);
  }
}

void deadline_queue::remove(std::uint32_t i) noexcept {
  position(heap_[i].owner) = not_armed;
  const entry last = heap_.back();
  heap_.pop_back();
  if (i == heap_.size()) return;
  if (i > 0 && last.before(heap_[(i - 1) / arity]))
    sift_up(i, last);
  else
    sift_down(i, last);
}

void deadline_queue::disarm(timer_kind kind, std::uint32_t slot) noexcept {
  const std::uint32_t i = position_of(kind, slot);
  if (i != not_armed) remove(i);
}

time_point deadline_queue::armed(timer_kind kind, std::uint32_t slot) const noexcept {
  const std::uint32_t i = position_of(kind, slot);
  return i == not_armed ? never : heap_[i].at;
}

deadline_queue::due deadline_queue::pop() noexcept {
  const std::uint32_t owner = heap_.front().owner;
  remove(0);
  return {kind_of(owner), slot_of(owner)};
}

void deadline_queue::find_positions() {
  for (auto& known : positions_) known.clear();
  // Of a damaged checkpoint only what can be.
  std::erase_if(heap_, [](const entry& e) {
    return static_cast<std::size_t>(kind_of(e.owner)) >= timer_kinds;
  });
  for (std::uint32_t i = 0; i < heap_.size(); ++i) {
    const std::uint32_t owner = heap_[i].owner;
    auto& known = positions_[static_cast<std::size_t>(kind_of(owner))];
    if (slot_of(owner) >= known.size()) known.resize(slot_of(owner) + 1, not_armed);
    position(owner) = i;
  }
}

}  // namespace tandem::detail
