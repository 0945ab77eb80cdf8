// SPDX-License-Identifier: MIT
#include "net/node/node_address_book.hpp"

#include <algorithm>

namespace tandem {

template <class Value>
void address_book::add_to(std::vector<Value> entry::*list, const peer_id& peer,
                          std::span<const Value> more, std::size_t most) {
  if (peers_max_ == 0 || more.empty()) return;
  entry& known = entries_[peer];
  order_.erase(known.added);
  known.added = ++last_;
  order_.emplace(known.added, peer);
  auto& all = known.*list;
  for (const Value& each : more)
    if (std::ranges::find(all, each) == all.end()) all.push_back(each);
  if (all.size() > most) all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(most));
  while (entries_.size() > peers_max_) {
    entries_.erase(order_.begin()->second);
    order_.erase(order_.begin());
  }
}

void address_book::add(const peer_id& peer, std::span<const endpoint> addresses) {
  add_to(&entry::addresses, peer, addresses, addresses_max);
}

void address_book::add(const peer_id& peer, std::span<const host_name> names) {
  add_to(&entry::names, peer, names, names_max);
}

std::vector<endpoint> address_book::find(const peer_id& peer) const {
  const auto found = entries_.find(peer);
  return found == entries_.end() ? std::vector<endpoint>{} : found->second.addresses;
}

std::vector<host_name> address_book::names_of(const peer_id& peer) const {
  const auto found = entries_.find(peer);
  return found == entries_.end() ? std::vector<host_name>{} : found->second.names;
}

}  // namespace tandem
