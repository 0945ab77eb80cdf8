// SPDX-License-Identifier: MIT
#include "run/verbs/targets.hpp"

#include "run/workload.hpp"

#include <algorithm>

namespace tandem::scenarios {

targets::targets(workload& in, const ends& who, pick how, std::uint64_t index)
    : in_(in),
      from_(in.nodes_of(who.from)),
      neighbours_only_(who.to.neighbours()),
      how_(how),
      choice_(random_stream::of(in.seed(), "choice", index)) {
  if (!neighbours_only_) to_ = in.nodes_of(who.to);
}

void targets::each(node_index from, const std::function<void(node_index)>& act) {
  if (neighbours_only_) {
    const auto it = neighbours_.find(from);
    if (it == neighbours_.end() || it->second.empty()) return;
    const auto all = it->second;  // an act may change who is connected
    if (how_ == pick::random) return act(all[choice_.up_to(all.size() - 1)].node);
    for (const auto& one : all) act(one.node);
  } else if (how_ == pick::all) {
    for (std::uint64_t k = 0; k < to_.size(); ++k)
      if (to_[k] != from) act(to_[k]);
  } else {
    const auto k = how_ == pick::random ? choice_.up_to(to_.size() - 1) : from_.place_of(from);
    if (const auto to = in_.target_of(to_, from, k); to != from) act(to);
  }
}

void targets::on_notification(node_index node, const notification& what) {
  const bool gained = what.kind == notice::connection_established;
  if (!neighbours_only_ || (!gained && what.kind != notice::connection_closed)) return;
  const auto peer = in_.ledger().index_of(what.peer);
  if (peer < 0 || from_.place_of(node) == from_.size()) return;
  auto& list = neighbours_[node];
  const auto it =
      std::ranges::lower_bound(list, static_cast<node_index>(peer), {}, &neighbour::node);
  const bool known = it != list.end() && it->node == static_cast<node_index>(peer);
  if (gained && known)
    ++it->connections;
  else if (gained)
    list.insert(it, {static_cast<node_index>(peer), 1});
  else if (known && --it->connections == 0)
    list.erase(it);
}

}  // namespace tandem::scenarios
