// SPDX-License-Identifier: MIT
#pragma once

#include "core/table/slot.hpp"
#include "core/table/table_memory.hpp"
#include "tandem/core/assert.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

namespace tandem::detail {

/// A 64-bit finaliser (SplitMix64).
constexpr std::uint64_t mix(std::uint64_t z) noexcept {
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
  return z ^ z >> 31;
}

/// For ids that count up, which nobody outside chooses: half the work.
template <class Id>
constexpr std::uint64_t hash_of_id(Id id) noexcept {
  std::uint64_t z = static_cast<std::uint64_t>(id) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ z >> 32) * 0x9e3779b97f4a7c15ULL;
  return z >> 32;
}

/// Finds slots by the hash of their key; the keys stay in the slots. Open addressing with linear
/// probing and backward-shift deletion (Knuth, TAOCP 3, 6.4, algorithm R): no tombstones, so churn
/// never rehashes. Doubles from empty at three quarters full and keeps its capacity. Of each cell a
/// byte with seven bits of the hash stands apart, and eight of them are looked at at once: who is
/// not in the table is seldom looked for in memory that is in no cache. Nor does a newcomer wait
/// for its cell: that is written a few newcomers later, when it has come from memory. Once moved
/// from, a table may only be assigned to.
template <class T>
class index_table {
 public:
  using slot_type = slot<T>;
  /// The slot with this hash for which `same(slot)` holds, or no_slot.
  template <class Same>
  slot_type find(std::uint64_t hash, Same&& same) const {
    return cells_.empty() ? no_slot : probe(static_cast<std::uint32_t>(hash), same).slot;
  }
  /// The slot with this hash for which `same(slot)` holds, else what `make()` gives, which is put
  /// in.
  template <class Same, class Make>
  slot_type find_or_insert(std::uint64_t hash, Same&& same, Make&& make) {
    if (size_ >= most_) grow();
    const auto h = static_cast<std::uint32_t>(hash);
    const place found = probe(h, same);
    if (found.slot != no_slot) return found.slot;
    const slot_type slot = make();
    put_later(found.at, {h, slot});
    return slot;
  }
  /// Starts to load what find() will look at, so that several lookups wait for memory together.
  TANDEM_PREFETCHES void prefetch(std::uint64_t hash) const noexcept {
    if (cells_.empty()) return;
    const std::uint32_t i = static_cast<std::uint32_t>(hash) & mask_;
    __builtin_prefetch(&tags_[i]);
    __builtin_prefetch(&cells_[i]);
  }
  /// `slot` is not in the table.
  void insert(std::uint64_t hash, slot_type slot) {
    find_or_insert(
        hash, [](slot_type) { return false; }, [&] { return slot; });
  }
  /// `slot` is in the table under `hash`.
  void erase(std::uint64_t hash, slot_type slot) noexcept;
  std::size_t size() const noexcept { return size_; }
  /// What find() costs, in cells it passes; it opens those with the same tag.
  struct cost {
    double mean;          ///< over the slots in the table
    std::uint32_t worst;  ///< of any hash, in the table or not
  };
  /// O(capacity): for tests and benchmarks.
  cost probes() const noexcept;

  /// For checkpoints: the cells, newcomers among them, and what does not follow from those.
  void fields(auto& a) {
    [[maybe_unused]] auto& [cells, tags, mask, most, size, turn, newcomers] = *this;
    write_newcomers();
    a(cells), a(size);
    if constexpr (std::remove_reference_t<decltype(a)>::reading) follow_cells();
  }

 private:
  struct cell {
    std::uint32_t hash = 0;
    slot_type slot;
  };
  struct newcomer {
    std::uint32_t at = 0;
    cell what;  ///< empty: none
  };
  /// A cell, and the slot in it unless it is free.
  struct place {
    std::uint32_t at;
    slot_type slot;
  };
  static constexpr std::uint8_t free_cell = 0;
  static constexpr std::uint8_t tag_of(std::uint32_t hash) noexcept {
    return static_cast<std::uint8_t>(hash >> 25 | 0x80);
  }

  // Eight tags are a number, the first in its lowest byte. To mark one is to set the top bit of its
  // byte and no other.
  static constexpr std::uint32_t group = 8;
  static constexpr std::uint64_t tops = 0x8080808080808080;
  static constexpr std::uint64_t free_among(std::uint64_t tags) noexcept { return ~tags & tops; }
  /// Marks those that are `tag`, and perhaps some behind such a one that differ in the lowest bit.
  static constexpr std::uint64_t equal_among(std::uint64_t tags, std::uint8_t tag) noexcept {
    const std::uint64_t differ = tags ^ tag * (tops >> 7);
    return (differ - (tops >> 7)) & ~differ & tops;
  }
  std::uint32_t first(std::uint32_t from, std::uint64_t marks) const noexcept {
    return (from + static_cast<std::uint32_t>(std::countr_zero(marks)) / 8) & mask_;
  }
  std::uint64_t tags_from(std::uint32_t i) const noexcept {
    if (std::endian::native == std::endian::little &&
        i + std::uint64_t{group} <= mask_ + std::uint64_t{1}) {
      std::uint64_t tags = 0;
      std::memcpy(&tags, &tags_[i], group);
      return tags;
    }
    std::uint64_t tags = 0;
    for (std::uint32_t n = 0; n < group; ++n)
      tags |= std::uint64_t{tags_[(i + n) & mask_]} << 8 * n;
    return tags;
  }

  /// Where the slot is, or the free cell where it would be.
  template <class Same>
  place probe(std::uint32_t hash, Same&& same) const {
    const std::uint8_t tag = tag_of(hash);
    std::uint32_t i = hash & mask_;
    __builtin_prefetch(&cells_[i]);
    for (;; i = (i + group) & mask_) {
      const std::uint64_t tags = tags_from(i);
      for (std::uint64_t like = equal_among(tags, tag); like != 0; like &= like - 1) {
        const std::uint32_t at = first(i, like);
        const cell c = cell_at(at);
        if (c.hash == hash && same(c.slot)) return {at, c.slot};
      }
      const std::uint64_t free = free_among(tags);
      if (free != 0) return {first(i, free), no_slot};
    }
  }
  /// What is in a cell that is not free.
  cell cell_at(std::uint32_t i) const noexcept {
    if (cells_[i].slot != no_slot) return cells_[i];
    for (const newcomer& n : newcomers_)
      if (n.at == i && n.what.slot != no_slot) return n.what;
    return {};
  }
  void put(std::uint32_t i, cell what) noexcept {
    tags_[i] = tag_of(what.hash);
    cells_[i] = what;
  }
  void put_later(std::uint32_t i, cell what) noexcept {
    ++size_;
    tags_[i] = tag_of(what.hash);
    __builtin_prefetch(&cells_[i], 1);
    newcomer& n = newcomers_[turn_++ % newcomers_.size()];
    write(n);
    n = {i, what};
  }
  void write(newcomer& n) noexcept {
    if (n.what.slot != no_slot) cells_[n.at] = std::exchange(n.what, {});
  }
  void write_newcomers() noexcept {
    for (newcomer& n : newcomers_) write(n);
  }
  void grow();
  /// What follows from how many cells there are.
  void resized() noexcept;
  void follow_cells();

  table<cell> cells_;
  table<std::uint8_t> tags_;  ///< of the cells
  std::uint32_t mask_ = 0;    ///< for positions: one less than there are cells
  std::uint32_t most_ = 0;    ///< of slots, before it grows
  std::uint32_t size_ = 0;
  std::uint32_t turn_ = 0;
  std::array<newcomer, 4> newcomers_;  ///< whose cells are to be written
};

template <class T>
void index_table<T>::grow() {
  write_newcomers();
  const std::size_t size = cells_.empty() ? 4 : cells_.size() * 2;
  table<cell> old(size);
  table<std::uint8_t> tags(size, free_cell);
  old.swap(cells_);
  tags_.swap(tags);
  resized();
  for (const cell& c : old) {
    if (c.slot == no_slot) continue;
    std::uint32_t i = c.hash & mask_;
    while (tags_[i] != free_cell) i = (i + 1) & mask_;
    put(i, c);
  }
}

template <class T>
void index_table<T>::resized() noexcept {
  mask_ = static_cast<std::uint32_t>(cells_.size()) - 1;
  most_ = static_cast<std::uint32_t>(cells_.size() / 4 * 3);
}

template <class T>
void index_table<T>::follow_cells() {
  tags_.assign(cells_.size(), free_cell);
  resized();
  for (std::size_t i = 0; i < cells_.size(); ++i)
    if (cells_[i].slot != no_slot) tags_[i] = tag_of(cells_[i].hash);
}

template <class T>
void index_table<T>::erase(std::uint64_t hash, slot_type slot) noexcept {
  TANDEM_ASSERT(size_ > 0);
  write_newcomers();
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
  tags_[hole] = free_cell;
  --size_;
}

template <class T>
typename index_table<T>::cost index_table<T>::probes() const noexcept {
  cost c{0, 1};
  std::uint32_t run = 0;
  // Twice around, so that a run across the end counts whole; there is an empty cell.
  for (std::uint32_t n = 0; n < 2 * cells_.size(); ++n) {
    const bool is_free = tags_[n & mask_] == free_cell;
    run = is_free ? 0 : run + 1;
    c.worst = std::max(c.worst, run + 1);
    if (n < cells_.size() && !is_free) c.mean += 1 + ((n - cell_at(n).hash) & mask_);
  }
  if (size_ > 0) c.mean /= size_;
  return c;
}

}  // namespace tandem::detail
