// SPDX-License-Identifier: MIT
#pragma once

#include "slot_table.hpp"

#include <cstdint>
#include <vector>

namespace tandem::detail {

/// A 64-bit finaliser (SplitMix64) for ids that count up.
constexpr std::uint64_t mix(std::uint64_t z) noexcept {
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
  return z ^ z >> 31;
}

/// Finds slots by the hash of their key; the keys stay in the slots. Open addressing with linear
/// probing and backward-shift deletion (Knuth, TAOCP 3, 6.4, algorithm R): no tombstones, so churn
/// never rehashes. Doubles from empty at three quarters full and keeps its capacity.
class index_table {
 public:
  /// The slot with this hash for which `same(slot)` holds, or no_slot.
  template <class Same>
  slot_index find(std::uint64_t hash, Same&& same) const {
    if (cells_.empty()) return no_slot;
    const auto h = static_cast<std::uint32_t>(hash);
    for (std::uint32_t i = h & mask(); cells_[i].slot != no_slot; i = (i + 1) & mask())
      if (cells_[i].hash == h && same(cells_[i].slot)) return cells_[i].slot;
    return no_slot;
  }
  /// Starts to load the place of this hash, so that several lookups wait for memory together.
  void prefetch(std::uint64_t hash) const noexcept {
    if (!cells_.empty()) __builtin_prefetch(&cells_[static_cast<std::uint32_t>(hash) & mask()]);
  }
  /// `slot` is not in the table.
  void insert(std::uint64_t hash, slot_index slot);
  /// `slot` is in the table under `hash`.
  void erase(std::uint64_t hash, slot_index slot) noexcept;
  std::size_t size() const noexcept { return size_; }
  /// What find() costs, in cells it looks at.
  struct cost {
    double mean;          ///< over the slots in the table
    std::uint32_t worst;  ///< of any hash, in the table or not
  };
  /// O(capacity): for tests and benchmarks.
  cost probes() const noexcept;

  /// Every field, for checkpoints.
  void fields(auto& a) { a(cells_), a(size_); }

 private:
  struct cell {
    std::uint32_t hash = 0;
    slot_index slot = no_slot;

    /// Every field, for checkpoints.
    void fields(auto& a) { a(hash), a(slot); }
  };
  std::uint32_t mask() const noexcept { return static_cast<std::uint32_t>(cells_.size()) - 1; }
  void place(cell what) noexcept;
  void grow();

  std::vector<cell> cells_;
  std::uint32_t size_ = 0;
};

}  // namespace tandem::detail
