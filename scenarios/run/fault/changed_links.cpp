// SPDX-License-Identifier: MIT
#include "run/fault/changed_links.hpp"

#include "run/fault/fault_plan.hpp"

#include <algorithm>
#include <utility>

namespace tandem::scenarios {

node_set::node_set(const fault_plan& in, const fault_nodes& which) : members_(in.nodes(), false) {
  for (const auto& selection : which.which) {
    const auto list = in.nodes_of(selection);
    for (std::uint64_t k = 0; k < list.size(); ++k) members_[list[k]] = true;
  }
  for (node_index node = 0; node < members_.size(); ++node)
    if (members_[node]) nodes_.push_back(node);
}

changed_links::changed_links(fault_plan& in, std::size_t index, node_pairs where, change how,
                             bool by_pair)
    : in_(in), where_(std::move(where)) {
  layer_ = in.sky().add(
      [this](node_index from, node_index to) { return where_.has(from, to); },
      [how = std::move(how), packets = in.packets(index)](sim::link& link, auto from, auto to) {
        how(link, from, to);
        // Once, though several parts of one fault may change it.
        if (std::ranges::count(link.counters, packets) == 0) link.counters.push_back(packets);
      },
      by_pair);
}

void changed_links::begin() { in_.sky().turn(layer_, true); }
void changed_links::end() { in_.sky().turn(layer_, false); }

}  // namespace tandem::scenarios
