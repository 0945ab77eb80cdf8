// SPDX-License-Identifier: MIT
#include "tandem/scenarios/nodes.hpp"

#include "tandem/core/random.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <algorithm>

namespace tandem::scenarios {

std::uint64_t node_list::place_of(node_index node) const noexcept {
  if (!drawn_) return node >= first_ && node - first_ < count_ ? node - first_ : count_;
  const auto it = std::ranges::lower_bound(*drawn_, node);
  return it != drawn_->end() && *it == node ? static_cast<std::uint64_t>(it - drawn_->begin())
                                            : count_;
}

node_list nodes_of(const node_selection& which, node_index first_of_group, std::uint32_t size,
                   std::uint64_t seed) {
  if (which.how == node_selection::kind::range) return {first_of_group + which.first, which.count};
  // Floyd's sample (Bentley and Floyd, CACM 1987): one number for each node that is drawn. The
  // words name the stream, so that the same words draw the same nodes.
  auto random = random_stream::of(seed, which.text, which.group);
  boost::unordered_flat_set<node_index> drawn;
  for (std::uint32_t last = size - which.count; last < size; ++last) {
    const auto k = static_cast<node_index>(random.up_to(last));
    if (!drawn.insert(k).second) drawn.insert(last);
  }
  std::vector<node_index> nodes(drawn.begin(), drawn.end());
  std::ranges::sort(nodes);
  for (auto& node : nodes) node += first_of_group;
  return node_list(std::move(nodes));
}

}  // namespace tandem::scenarios
