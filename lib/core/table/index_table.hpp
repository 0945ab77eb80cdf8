// SPDX-License-Identifier: MIT
#pragma once

#include "core/table/hash.hpp"
#include "core/table/slot.hpp"
#include "core/table/table_memory.hpp"
#include "tandem/core/assert.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

namespace tandem::detail {

/// Finds slots by the hash of their key; the keys stay in the slots. Open addressing with linear
/// probing and backward-shift deletion (Knuth, TAOCP 3, 6.4, algorithm R): no tombstones, so churn
/// never rehashes. Doubles from empty at half full and keeps its capacity. Of each cell a byte
/// stands apart, with seven bits of its hash: who is not in the table is hardly ever looked for in
/// the cells, which are eight times as large (tests/bench/core: half the time of an admission among
/// 10 000).
template <class T>
class index_table {
 public:
  using slot_type = slot<T>;
  /// The slot with this hash for which `same(slot)` holds, or no_slot.
  template <class Same>
  slot_type find(std::uint64_t hash, Same&& same) const {
    if (cells_.empty()) return no_slot;
    const std::uint32_t i = place_of(static_cast<std::uint32_t>(hash), same);
    return tags_[i] == free_cell ? slot_type() : cells_[i].slot;
  }
  /// The slot with this hash for which `same(slot)` holds, else what `make()` gives, which is put
  /// in.
  template <class Same, class Make>
  slot_type find_or_insert(std::uint64_t hash, Same&& same, Make&& make) {
    if (size_ >= cells_.size() / 2) grow();
    const auto h = static_cast<std::uint32_t>(hash);
    const std::uint32_t i = place_of(h, same);
    if (tags_[i] != free_cell) return cells_[i].slot;
    const slot_type slot = make();
    put(i, {h, slot});
    ++size_;
    return slot;
  }
  /// Starts to load what find() will look at. GCC drops calls of a function that only prefetches,
  /// unless it is inlined early.
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const noexcept {
    if (cells_.empty()) return;
    const std::uint32_t i = static_cast<std::uint32_t>(hash) & mask_;
    __builtin_prefetch(&tags_[i]);
    __builtin_prefetch(&cells_[i], 1);
  }
  /// `slot` is not in the table.
  void insert(std::uint64_t hash, slot_type slot) {
    find_or_insert(
        hash, [](slot_type) { return false; }, [&] { return slot; });
  }
  /// `slot` is in the table under `hash`.
  void erase(std::uint64_t hash, slot_type slot) noexcept;
  std::size_t size() const noexcept { return size_; }
  /// What find() costs, in cells it looks at.
  struct cost {
    double mean;          ///< over the slots in the table
    std::uint32_t worst;  ///< of any hash, in the table or not
  };
  /// O(capacity): for tests and benchmarks.
  cost probes() const noexcept;

  /// For checkpoints; the rest follows from the cells.
  void fields(auto& a) {
    [[maybe_unused]] auto& [cells, tags, mask, size] = *this;
    a(cells), a(size);
    if constexpr (std::remove_reference_t<decltype(a)>::reading) follow_cells();
  }

 private:
  struct cell {
    std::uint32_t hash = 0;
    slot_type slot;  ///< none: the cell is free
  };

  static constexpr std::uint8_t free_cell = 0;
  static constexpr std::uint8_t tag_of(std::uint32_t hash) noexcept {
    return static_cast<std::uint8_t>(hash >> 25 | 0x80);
  }

  // Eight tags are a number, the first in its lowest byte. To mark one is to set the top bit of its
  // byte.
  static constexpr std::uint32_t group = 8;
  static constexpr std::uint64_t tops = 0x8080808080808080;
  static constexpr std::uint64_t free_among(std::uint64_t tags) noexcept { return ~tags & tops; }
  /// Marks those that are `tag`, and perhaps some behind such a one.
  static constexpr std::uint64_t equal_among(std::uint64_t tags, std::uint8_t tag) noexcept {
    const std::uint64_t differ = tags ^ tag * (tops >> 7);
    return (differ - (tops >> 7)) & ~differ & tops;
  }
  std::uint32_t first(std::uint32_t from, std::uint64_t marks) const noexcept {
    return (from + static_cast<std::uint32_t>(std::countr_zero(marks)) / 8) & mask_;
  }
  std::uint64_t tags_from(std::uint32_t i) const noexcept {
    std::uint64_t tags = 0;
    std::memcpy(&tags, &tags_[i], group);
    return tags;
  }

  /// The cell with the slot, or the free cell where it would be.
  template <class Same>
  std::uint32_t place_of(std::uint32_t hash, Same&& same) const {
    const std::uint8_t tag = tag_of(hash);
    for (std::uint32_t i = hash & mask_;; i = (i + group) & mask_) {
      const std::uint64_t tags = tags_from(i);
      for (std::uint64_t like = equal_among(tags, tag); like != 0; like &= like - 1) {
        const std::uint32_t at = first(i, like);
        if (cells_[at].hash == hash && same(cells_[at].slot)) return at;
      }
      if (const std::uint64_t free = free_among(tags)) return first(i, free);
    }
  }
  void set_tag(std::uint32_t i, std::uint8_t tag) noexcept {
    for (std::size_t at = i; at < tags_.size(); at += cells_.size()) tags_[at] = tag;
  }
  void put(std::uint32_t i, const cell& what) noexcept {
    cells_[i] = what;
    set_tag(i, tag_of(what.hash));
  }
  void grow();
  void follow_cells();

  table<cell> cells_;  ///< none, or a power of two of them
  /// Of the cells, and of the first ones again, so that a group may begin anywhere.
  std::vector<std::uint8_t> tags_;
  std::uint32_t mask_ = 0;  ///< for positions: one less than there are cells
  std::uint32_t size_ = 0;
};

template <class T>
void index_table<T>::grow() {
  table<cell> old(cells_.empty() ? 4 : cells_.size() * 2);
  std::vector<std::uint8_t> tags(old.size() + group - 1, free_cell);
  old.swap(cells_);
  tags_.swap(tags);
  mask_ = static_cast<std::uint32_t>(cells_.size()) - 1;
  for (const cell& c : old)
    if (c.slot != no_slot) put(place_of(c.hash, [](slot_type) { return false; }), c);
}

template <class T>
void index_table<T>::follow_cells() {
  tags_.assign(cells_.size() + group - 1, free_cell);
  mask_ = static_cast<std::uint32_t>(cells_.size()) - 1;
  for (std::uint32_t i = 0; i < cells_.size(); ++i)
    if (cells_[i].slot != no_slot) put(i, cells_[i]);
}

template <class T>
void index_table<T>::erase(std::uint64_t hash, slot_type slot) noexcept {
  TANDEM_ASSERT(size_ > 0);
  std::uint32_t hole = static_cast<std::uint32_t>(hash) & mask_;
  while (cells_[hole].slot != slot) {
    TANDEM_ASSERT(cells_[hole].slot != no_slot);
    hole = (hole + 1) & mask_;
  }
  for (std::uint32_t i = (hole + 1) & mask_; tags_[i] != free_cell; i = (i + 1) & mask_) {
    // A cell moves into the hole unless its home lies cyclically after the hole.
    const std::uint32_t home = cells_[i].hash & mask_;
    if (((i - home) & mask_) >= ((i - hole) & mask_)) {
      put(hole, cells_[i]);
      hole = i;
    }
  }
  cells_[hole] = cell{};
  set_tag(hole, free_cell);
  --size_;
}

template <class T>
typename index_table<T>::cost index_table<T>::probes() const noexcept {
  cost c{0, 1};
  std::uint32_t run = 0;
  // Twice around, so that a run across the end counts whole; there is an empty cell.
  for (std::uint32_t n = 0; n < 2 * cells_.size(); ++n) {
    const cell& at = cells_[n & mask_];
    run = at.slot == no_slot ? 0 : run + 1;
    c.worst = std::max(c.worst, run + 1);
    if (n < cells_.size() && at.slot != no_slot) c.mean += 1 + ((n - at.hash) & mask_);
  }
  if (size_ > 0) c.mean /= size_;
  return c;
}

}  // namespace tandem::detail
