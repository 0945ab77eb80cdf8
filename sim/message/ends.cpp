// SPDX-License-Identifier: MIT
#include "message/shard.hpp"

#include <algorithm>

namespace tandem::sim {

using message::dialer;
using message::none;
using message::phase;

namespace {

// Hosts are at most 2^24 (their addresses); a host that opened 2^40 connections is not simulated.
std::uint64_t key_of(host_index h, std::uint64_t id) { return std::uint64_t{h} << 40 | id; }

}  // namespace

message_network::shard::end_index message_network::shard::find(host_index h,
                                                               connection_id id) const {
  if (at_hand != none) {
    const end_record& here = connections.end(at_hand);
    if (here.id == static_cast<std::uint64_t>(id) && here.host == h && is_live(here.at))
      return at_hand;
  }
  const auto found = by_id.find(key_of(h, static_cast<std::uint64_t>(id)));
  return found == by_id.end() ? none : found->second;
}

message_network::shard::end_index message_network::shard::oldest_ready(host_index from,
                                                                       const peer_id& to) {
  const end_index e = find(from, hosts[from].manager.ready_connection(to));
  return e != none && connections.end(e).at == phase::ready ? e : none;
}

void message_network::shard::enter(end_index e, host_index h, connection_id id, phase at) {
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

void message_network::shard::leave(end_index e) {
  end_record& end = connections.end(e);
  host& owner = hosts[end.host];
  (end.older_of_host == none ? owner.oldest : connections.end(end.older_of_host).newer_of_host) =
      end.newer_of_host;
  (end.newer_of_host == none ? owner.newest : connections.end(end.newer_of_host).older_of_host) =
      end.older_of_host;
  by_id.erase(key_of(end.host, end.id));
  if (at_hand == e) at_hand = none;
  flying.arrived(end.flying, never);
  end.at = phase::gone;
}

void message_network::shard::end_with(end_index e, cause why, bool by_fin) {
  const host_index h = connections.end(e).host;
  const auto id = static_cast<connection_id>(connections.end(e).id);
  leave(e);
  free_if_over(e, by_fin);
  step(h, events::closed{id, why});
}

void message_network::shard::free_if_over(end_index e, bool by_fin) {
  if (e % 2 == dialer) return give_if_over(e / 2);
  record& c = connections.at(e / 2);
  const end_record& here = connections.end(e);
  if (here.told) return;  // which says it
  // It answered our goodbye, and knows.
  if (by_fin && here.tcp == none && c.ends[dialer].tcp == none) return;
  const host_index to = c.ends[dialer].host;
  const time_point soonest = time.now() + net.between(c.target, to).latency;
  post(
      c.target, to, std::max(soonest, here.last_arrival),
      [of = &all.of(to), h = handle_of(e)] { of->listener_over(h); }, unforeseen);
}

void message_network::shard::listener_over(handle h) {
  record* c = connections.find(h);
  if (!c) return;
  c->in_doubt = false;
  give_if_over(h.slot);
}

void message_network::shard::give_if_over(std::uint32_t slot) {
  record& c = connections.at(slot);
  const end_record& here = c.ends[dialer];
  if (is_live(here.at) || c.in_doubt || c.syns_out != 0) return;
  if (here.last_arrival != time_point{}) {
    // The listener looks at the record when that arrives: not in the same window.
    const duration apart = std::max(net.between(here.host, c.target).latency, duration{1});
    const time_point when = here.last_arrival + apart;
    if (time.now() < when) {
      over.push_back({when, connections.handle_of(slot)});
      return;
    }
  }
  for (end_record& end : c.ends) drop_sender(end);
  connections.give(number, slot);
}

// No events: nobody sees when it is.
void message_network::shard::give_those_over() {
  while (!over.empty() && over.front().when <= time.now()) {
    const handle h = over.front().which;
    over.pop_front();
    if (connections.find(h)) give_if_over(h.slot);
  }
}

void message_network::shard::settle(end_record& e) {
  e.unsent -= flying.arrived(e.flying, time.now());
}

}  // namespace tandem::sim
