// SPDX-License-Identifier: MIT
#pragma once

#include "core/table/hash.hpp"
#include "core/table/slot.hpp"
#include "tandem/core/assert.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace tandem::detail {

/// Finds slots by the hash of their key; the keys stay in the slots. Open addressing with linear
/// probing and backward-shift deletion (Knuth, TAOCP 3, 6.4, algorithm R): no tombstones, so churn
/// never rehashes. Doubles from empty at half full and keeps its capacity.
template <class T>
class index_table {
 public:
  using slot_type = slot<T>;
  /// The slot with this hash for which `same(slot)` holds, or no_slot.
  template <class Same>
  slot_type find(std::uint64_t hash, Same&& same) const {
    if (cells_.empty()) return no_slot;
    return cells_[place_of(static_cast<std::uint32_t>(hash), same)].slot;
  }
  /// The slot with this hash for which `same(slot)` holds, else what `make()` gives, which is put
  /// in.
  template <class Same, class Make>
  slot_type find_or_insert(std::uint64_t hash, Same&& same, Make&& make) {
    if (size_ >= cells_.size() / 2) grow();
    const auto h = static_cast<std::uint32_t>(hash);
    const std::uint32_t i = place_of(h, same);
    if (!is_free(i)) return cells_[i].slot;
    const slot_type slot = make();
    cells_[i] = {h, slot};
    ++size_;
    return slot;
  }
  /// What find() would look at first, into the cache.
  void bring(std::uint64_t hash) const noexcept {
    if (!cells_.empty()) __builtin_prefetch(&cells_[static_cast<std::uint32_t>(hash) & mask_]);
  }
  /// A slot with this hash, or no_slot.
  slot_type likely(std::uint64_t hash) const noexcept {
    return find(hash, [](slot_type) { return true; });
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
    auto& [cells, mask, size] = *this;
    a(cells), a(size);
    mask = static_cast<std::uint32_t>(cells.size()) - 1;
  }

 private:
  struct cell {
    std::uint32_t hash = 0;
    slot_type slot;  ///< none: the cell is free
  };

  bool is_free(std::uint32_t i) const noexcept { return cells_[i].slot == no_slot; }
  /// The cell with the slot, or the free cell where it would be.
  template <class Same>
  std::uint32_t place_of(std::uint32_t hash, Same&& same) const {
    std::uint32_t i = hash & mask_;
    while (!is_free(i) && !(cells_[i].hash == hash && same(cells_[i].slot))) i = (i + 1) & mask_;
    return i;
  }
  void grow();

  std::vector<cell> cells_;  ///< none, or a power of two of them
  std::uint32_t mask_ = 0;   ///< for positions: one less than there are cells
  std::uint32_t size_ = 0;
};

template <class T>
void index_table<T>::grow() {
  std::vector<cell> old(cells_.empty() ? 4 : cells_.size() * 2);
  old.swap(cells_);
  mask_ = static_cast<std::uint32_t>(cells_.size()) - 1;
  for (const cell& c : old)
    if (c.slot != no_slot) cells_[place_of(c.hash, [](slot_type) { return false; })] = c;
}

template <class T>
void index_table<T>::erase(std::uint64_t hash, slot_type slot) noexcept {
  TANDEM_ASSERT(size_ > 0);
  std::uint32_t hole = static_cast<std::uint32_t>(hash) & mask_;
  while (cells_[hole].slot != slot) {
    TANDEM_ASSERT(cells_[hole].slot != no_slot);
    hole = (hole + 1) & mask_;
  }
  for (std::uint32_t i = (hole + 1) & mask_; !is_free(i); i = (i + 1) & mask_) {
    // A cell moves into the hole unless its home lies cyclically after the hole.
    const std::uint32_t home = cells_[i].hash & mask_;
    if (((i - home) & mask_) >= ((i - hole) & mask_)) {
      cells_[hole] = cells_[i];
      hole = i;
    }
  }
  cells_[hole] = cell{};
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
