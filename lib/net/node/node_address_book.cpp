// SPDX-License-Identifier: MIT
#include "net/node/node_address_book.hpp"

#include <algorithm>

namespace tandem {

void address_book::add(const peer_id& peer, std::span<const endpoint> addresses) {
  if (peers_max_ == 0 || addresses.empty()) return;
  entry& known = entries_[peer];
  order_.erase(known.added);
  known.added = ++last_;
  order_.emplace(known.added, peer);
  for (const endpoint& at : addresses)
    if (std::ranges::find(known.addresses, at) == known.addresses.end())
      known.addresses.push_back(at);
  if (known.addresses.size() > addresses_max)
    known.addresses.erase(known.addresses.begin(), known.addresses.end() - addresses_max);
  while (entries_.size() > peers_max_) {
    entries_.erase(order_.begin()->second);
    order_.erase(order_.begin());
  }
}

std::vector<endpoint> address_book::find(const peer_id& peer) const {
  const auto found = entries_.find(peer);
  return found == entries_.end() ? std::vector<endpoint>{} : found->second.addresses;
}

}  // namespace tandem
