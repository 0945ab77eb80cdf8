// SPDX-License-Identifier: MIT
#include "core/table/index_table.hpp"

#include "tandem/core/assert.hpp"

#include <algorithm>

namespace tandem::detail {

void index_table::grow() {
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

void index_table::resized() noexcept {
  mask_ = static_cast<std::uint32_t>(cells_.size()) - 1;
  most_ = static_cast<std::uint32_t>(cells_.size() / 4 * 3);
}

void index_table::follow_cells() {
  tags_.assign(cells_.size(), free_cell);
  resized();
  for (std::size_t i = 0; i < cells_.size(); ++i)
    if (cells_[i].slot != no_slot) tags_[i] = tag_of(cells_[i].hash);
}

void index_table::erase(std::uint64_t hash, slot_index slot) noexcept {
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

index_table::cost index_table::probes() const noexcept {
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
