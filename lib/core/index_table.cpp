// SPDX-License-Identifier: MIT
#include "index_table.hpp"

#include "tandem/core/assert.hpp"

#include <algorithm>

namespace tandem::detail {

void index_table::place(cell what) noexcept {
  std::uint32_t i = what.hash & mask();
  while (tags_[i] != free_cell) i = (i + 1) & mask();
  put(i, what);
}

void index_table::grow() {
  const std::size_t size = cells_.empty() ? 4 : cells_.size() * 2;
  table<cell> old(size);
  table<std::uint8_t> tags(size, free_cell);
  old.swap(cells_);
  tags_.swap(tags);
  for (const cell& c : old)
    if (c.slot != no_slot) place(c);
}

void index_table::find_tags() {
  tags_.assign(cells_.size(), free_cell);
  for (std::size_t i = 0; i < cells_.size(); ++i)
    if (cells_[i].slot != no_slot) tags_[i] = tag_of(cells_[i].hash);
}

void index_table::insert(std::uint64_t hash, slot_index slot) {
  if (is_full()) grow();
  place({static_cast<std::uint32_t>(hash), slot});
  ++size_;
}

void index_table::erase(std::uint64_t hash, slot_index slot) noexcept {
  TANDEM_ASSERT(size_ > 0);
  std::uint32_t hole = static_cast<std::uint32_t>(hash) & mask();
  while (cells_[hole].slot != slot) {
    TANDEM_ASSERT(cells_[hole].slot != no_slot);
    hole = (hole + 1) & mask();
  }
  for (std::uint32_t i = (hole + 1) & mask(); tags_[i] != free_cell; i = (i + 1) & mask()) {
    // A cell moves into the hole unless its home lies cyclically after the hole.
    const std::uint32_t home = cells_[i].hash & mask();
    if (((i - home) & mask()) >= ((i - hole) & mask())) {
      put(hole, cells_[i]);
      hole = i;
    }
  }
  cells_[hole] = cell{};
  tags_[hole] = free_cell;
  --size_;
}

index_table::cost index_table::probes() const noexcept {
  cost c{0, 1};
  std::uint32_t run = 0;
  // Twice around, so that a run across the end counts whole; there is an empty cell.
  for (std::uint32_t n = 0; n < 2 * cells_.size(); ++n) {
    const cell& at = cells_[n & mask()];
    run = at.slot == no_slot ? 0 : run + 1;
    c.worst = std::max(c.worst, run + 1);
    if (n < cells_.size() && at.slot != no_slot) c.mean += 1 + ((n - at.hash) & mask());
  }
  if (size_ > 0) c.mean /= size_;
  return c;
}

}  // namespace tandem::detail
