// SPDX-License-Identifier: MIT
#include "message/records.hpp"

namespace tandem::sim::message {

handle record_slab::take() {
  if (free_ == none) {
    if (used_ % chunk_size == 0)
      chunks_.push_back(std::make_unique<std::array<record, chunk_size>>());
    at(used_).next_free = none;
    free_ = used_++;
  }
  const std::uint32_t slot = free_;
  record& r = at(slot);
  free_ = r.next_free;
  const std::uint32_t generation = r.generation + 1;
  r = record{};
  r.generation = generation;
  return {slot, generation};
}

void record_slab::give(std::uint32_t slot) {
  record& r = at(slot);
  ++r.generation;
  r.next_free = free_;
  free_ = slot;
}

}  // namespace tandem::sim::message
