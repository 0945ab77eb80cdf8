// SPDX-License-Identifier: MIT
#pragma once

#include "core/table/indexed_heap.hpp"
#include "core/table/slot.hpp"

#include <cstdint>

namespace tandem::detail {

/// Whose turn it is: higher priority first, then what has nothing in flight before what has, then
/// what had fewer turns (a long list of the dead keeps nobody behind it waiting for the second turn
/// of each), then first come, first served.
struct dial_rank {
  std::int32_t priority = 0;
  bool beside = false;         ///< a further attempt beside those in flight
  std::uint64_t sequence = 0;  ///< no two alike
  std::uint32_t turns = 0;     ///< attempts so far

  constexpr bool before(const dial_rank& other) const noexcept {
    if (priority != other.priority) return priority > other.priority;
    if (beside != other.beside) return other.beside;
    return turns != other.turns ? turns < other.turns : sequence < other.sequence;
  }
};

/// Slots in line, the best or the worst at the front.
template <class T, class First>
using dial_queue = indexed_heap<slot<T>, dial_rank, First>;

}  // namespace tandem::detail
