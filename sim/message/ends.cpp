// SPDX-License-Identifier: MIT
#include "message/state.hpp"

namespace tandem::sim {

using message::none;
using message::phase;

namespace {

// Hosts are at most 2^24 (their addresses); a host that opened 2^40 connections is not simulated.
std::uint64_t key_of(host_index h, std::uint64_t id) { return std::uint64_t{h} << 40 | id; }

}  // namespace

message_network::state::end_index message_network::state::find(host_index h,
                                                               connection_id id) const {
  if (at_hand != none) {
    const end_record& here = connections.end(at_hand);
    if (here.id == static_cast<std::uint64_t>(id) && here.host == h && is_live(here.at))
      return at_hand;
  }
  const auto found = by_id.find(key_of(h, static_cast<std::uint64_t>(id)));
  return found == by_id.end() ? none : found->second;
}

message_network::state::end_index message_network::state::oldest_ready(host_index from,
                                                                       const peer_id& to) {
  const end_index e = find(from, hosts[from].manager.ready_connection(to));
  return e != none && connections.end(e).at == phase::ready ? e : none;
}

void message_network::state::enter(end_index e, host_index h, connection_id id, phase at) {
  end_record& end = connections.end(e);
  host& owner = hosts[h];
  end.id = static_cast<std::uint64_t>(id);
  end.host = h;
  end.at = at;
  at_hand = e;
  end.older_of_host = owner.newest;
  (owner.newest == none ? owner.oldest : connections.end(owner.newest).newer_of_host) = e;
  owner.newest = e;
  by_id.emplace(key_of(h, end.id), e);
}

void message_network::state::leave(end_index e) {
  end_record& end = connections.end(e);
  host& owner = hosts[end.host];
  (end.older_of_host == none ? owner.oldest : connections.end(end.older_of_host).newer_of_host) =
      end.newer_of_host;
  (end.newer_of_host == none ? owner.newest : connections.end(end.newer_of_host).older_of_host) =
      end.older_of_host;
  by_id.erase(key_of(end.host, end.id));
  end.at = phase::gone;
}

void message_network::state::end_with(end_index e, cause why) {
  const host_index h = connections.end(e).host;
  const auto id = static_cast<connection_id>(connections.end(e).id);
  leave(e);
  free_if_over(e / 2);
  step(h, events::closed{id, why});
}

void message_network::state::free_if_over(std::uint32_t slot) {
  record& c = connections.at(slot);
  if (c.hello_flying) return;
  for (const end_record& end : c.ends)
    if (is_live(end.at)) return;
  for (end_record& end : c.ends) drop_sender(end);
  connections.give(slot);
}

}  // namespace tandem::sim
