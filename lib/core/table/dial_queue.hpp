// SPDX-License-Identifier: MIT
#pragma once

#include "core/table/indexed_heap.hpp"
#include "core/table/slot.hpp"

#include <cstdint>

namespace tandem::detail {

/// Whose turn it is: higher priority first, then what has nothing in flight before what has, then
/// first come, first served.
struct dial_rank {
  std::int32_t priority = 0;
  bool beside = false;         ///< a further attempt beside those in flight
  std::uint64_t sequence = 0;  ///< no two alike

  constexpr bool before(const dial_rank& other) const noexcept {
    if (priority != other.priority) return priority > other.priority;
    return beside != other.beside ? other.beside : sequence < other.sequence;
  }
};

/// Slots in line, the best or the worst at the front.
template <class T, class First>
using dial_queue = indexed_heap<slot<T>, dial_rank, First>;

}  // namespace tandem::detail
