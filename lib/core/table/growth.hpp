// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace tandem::detail {

/// Room for one more: most managers have few connections, and there may be a million managers, so a
/// small table grows by a quarter; a large one doubles, as vectors do.
template <class T>
void make_room(std::vector<T>& in) {
  constexpr std::size_t small = 64;
  const std::size_t size = in.size();
  if (size < in.capacity()) return;
  in.reserve(size < small ? size + (size == 0 ? 1 : std::max<std::size_t>(2, size / 4)) : size * 2);
}

}  // namespace tandem::detail
