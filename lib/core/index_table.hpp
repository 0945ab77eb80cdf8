// SPDX-License-Identifier: MIT
#pragma once

#include "slot_table.hpp"
#include "table_memory.hpp"

#include <cstdint>
#include <type_traits>

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
/// never rehashes. Doubles from empty at three quarters full and keeps its capacity. A byte of the
/// hash of each cell stands apart: who is not in the table is seldom looked for in memory that is
/// in no cache, and the cell of a newcomer is written without waiting for it.
class index_table {
 public:
  /// The slot with this hash for which `same(slot)` holds, or no_slot.
  template <class Same>
  slot_index find(std::uint64_t hash, Same&& same) const {
    if (cells_.empty()) return no_slot;
    const std::uint32_t i = probe(static_cast<std::uint32_t>(hash), same);
    return tags_[i] == free_cell ? no_slot : cells_[i].slot;
  }
  /// The slot with this hash for which `same(slot)` holds, else what `make()` gives, which is put
  /// in.
  template <class Same, class Make>
  slot_index find_or_insert(std::uint64_t hash, Same&& same, Make&& make) {
    if (is_full()) grow();
    const auto h = static_cast<std::uint32_t>(hash);
    const std::uint32_t i = probe(h, same);
    if (tags_[i] != free_cell) return cells_[i].slot;
    const slot_index slot = make();
    put(i, {h, slot});
    ++size_;
    return slot;
  }
  /// Starts to load what find() will look at, so that several lookups wait for memory together.
  TANDEM_PREFETCHES void prefetch(std::uint64_t hash) const noexcept {
    if (cells_.empty()) return;
    const std::uint32_t i = static_cast<std::uint32_t>(hash) & mask();
    __builtin_prefetch(&tags_[i]);
    __builtin_prefetch(&cells_[i]);
  }
  /// `slot` is not in the table.
  void insert(std::uint64_t hash, slot_index slot);
  /// `slot` is in the table under `hash`.
  void erase(std::uint64_t hash, slot_index slot) noexcept;
  std::size_t size() const noexcept { return size_; }
  /// What find() costs, in cells it passes; it opens those with the same tag.
  struct cost {
    double mean;          ///< over the slots in the table
    std::uint32_t worst;  ///< of any hash, in the table or not
  };
  /// O(capacity): for tests and benchmarks.
  cost probes() const noexcept;

  /// For checkpoints; the tags follow from the cells.
  void fields(auto& a) {
    a(cells_), a(size_);
    if constexpr (std::remove_reference_t<decltype(a)>::reading) find_tags();
  }

 private:
  struct cell {
    std::uint32_t hash = 0;
    slot_index slot = no_slot;

    /// Every field, for checkpoints.
    void fields(auto& a) { a(hash), a(slot); }
  };
  static constexpr std::uint8_t free_cell = 0;
  static std::uint8_t tag_of(std::uint32_t hash) noexcept {
    return static_cast<std::uint8_t>(hash >> 24 | 1);
  }

  std::uint32_t mask() const noexcept { return static_cast<std::uint32_t>(cells_.size()) - 1; }
  bool is_full() const noexcept { return (size_ + 1) * std::uint64_t{4} > cells_.size() * 3; }
  /// Where the slot is, or the free cell where it would be.
  template <class Same>
  std::uint32_t probe(std::uint32_t hash, Same&& same) const {
    const std::uint8_t tag = tag_of(hash);
    std::uint32_t i = hash & mask();
    __builtin_prefetch(&cells_[i]);
    for (; tags_[i] != free_cell; i = (i + 1) & mask())
      if (tags_[i] == tag && cells_[i].hash == hash && same(cells_[i].slot)) break;
    return i;
  }
  void put(std::uint32_t i, cell what) noexcept {
    tags_[i] = tag_of(what.hash);
    cells_[i] = what;
  }
  void place(cell what) noexcept;
  void grow();
  void find_tags();

  table<cell> cells_;
  table<std::uint8_t> tags_;  ///< of the cells
  std::uint32_t size_ = 0;
};

}  // namespace tandem::detail
