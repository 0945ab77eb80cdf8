// SPDX-License-Identifier: MIT
#include "dialled_peers.hpp"

#include "tandem/net/node.hpp"

#include <algorithm>
#include <utility>

namespace tandem::cli {

void dialled_peers::let_go_of_others_than(const std::vector<dial_address>& peers) {
  for (const auto& peer : peers_)
    if (std::ranges::count(peers, peer) == 0) keep(peer.peer, false);
}

void dialled_peers::become(const std::vector<dial_address>& peers) {
  const auto before = std::exchange(peers_, peers);
  for (const auto& peer : peers)
    if (std::ranges::count(before, peer) == 0) dial(peer);
}

void dialled_peers::dial(const dial_address& peer) {
  const bool own = peer.peer == node_.self().id() ||
                   (!peer.named() && std::ranges::count(node_.listening(), peer.at) != 0);
  if (own) own_(to_multiaddr(peer) + "/p2p/" + to_string(peer.peer));
  dial_options how;
  if (peer.named())
    how.names = {peer.name};
  else
    how.addresses = {peer.at};
  if (once_ || own) {  // its own: it fails, and is counted
    node_.dial(peer.peer, std::move(how));
    return;
  }
  node_.add_addresses(peer.peer, std::move(how.addresses));
  node_.add_names(peer.peer, std::move(how.names));
  keep(peer.peer, true);
}

void dialled_peers::keep(const peer_id& peer, bool kept) {
  node_.mark(events::peer_marked{peer, mark::keep_alive, kept});
  node_.mark(events::peer_marked{peer, mark::protect, kept});
}

}  // namespace tandem::cli
