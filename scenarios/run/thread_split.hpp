// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"
#include "tandem/scenarios/world.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// Which of a run's threads has a node: as the message network deals its hosts.
struct thread_split {
  unsigned threads = 1;

  unsigned of(node_index node) const noexcept { return threads == 1 ? 0 : node % threads; }
};

/// What threads kept while they ran side by side, each in the order of its time and then its nodes:
/// gives all of it to `take` in that order, which one thread would have had, and empties them.
/// `kept_by` is the list of a part; `when` says time and node of what is in it.
template <class Parts, class KeptBy, class When, class Take>
void take_in_order(Parts& parts, KeptBy kept_by, When when, Take take) {
  if (std::ranges::all_of(parts, [&](auto& each) { return kept_by(each).empty(); })) return;
  std::vector<std::size_t> next(parts.size());
  for (;;) {
    std::size_t first = parts.size();
    std::pair<time_point, node_index> at{};
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto& kept = kept_by(parts[i]);
      if (next[i] == kept.size()) continue;
      const auto its = when(kept[next[i]]);
      if (first != parts.size() && at <= its) continue;
      first = i;
      at = its;
    }
    if (first == parts.size()) break;
    take(kept_by(parts[first])[next[first]++]);
  }
  for (auto& each : parts) kept_by(each).clear();
}

}  // namespace tandem::scenarios
