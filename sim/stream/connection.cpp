// SPDX-License-Identifier: MIT
#include "stream/connection.hpp"

#include <utility>

namespace tandem::sim {

connection& connection_table::make() {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  slot& s = slots_[index];
  s.held = std::make_unique<connection>();
  s.held->handle = {index, ++s.generation};
  return *s.held;
}

void connection_table::free(connection_handle h) {
  slot& s = slots_[h.slot];
  const auto dying = std::move(s.held);
  ++s.generation;
  free_.push_back(h.slot);
}

}  // namespace tandem::sim
