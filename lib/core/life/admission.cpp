// SPDX-License-Identifier: MIT
#include "core/life/state.hpp"

#include <utility>

namespace tandem {
using namespace detail;

void connection_manager::state::on(const events::arrived& e) {
  connections.prefetch_next();
  timers.prefetch(connections.next());
  if (e.conn == connection_id::none || is_outbound(e.conn) || find(e.conn) != no_slot)
    return ignore();
  reputations.life_sign(now);
  const connection_slot s = connections.take();
  connection& c = connections[s];
  c.id = e.conn;
  c.remote = e.remote;
  c.way = direction::inbound;
  c.last_received = now;
  c.at = phase::handshaking;
  by_connection.insert(hash_of_id(e.conn), s);

  const refusal no =
      stopping ? refusal{cause::shutting_down} : gate.arrival_refusal(c, connections.size() - 1);
  if (no) return refuse(s, no);
  gate.enter_pending(c);
  timers.arm(s, later(now, options.handshake_timeout));
  emit(actions::admit{e.conn, stage::handshake});
}

bool connection_manager::state::belongs_to_dial(connection_slot s, const peer_id& peer) {
  const dial_slot d = connections[s].dial;
  if (d == no_slot || dials[d].peer == no_slot) return true;
  return peers[dials[d].peer].id == peer;
}

void connection_manager::state::on(const events::authenticated& e) {
  const std::uint64_t hash = peers.hash(e.peer);
  peers.prefetch(hash);
  const connection_slot s = find(e.conn);
  if (s == no_slot || connections[s].at != phase::handshaking || e.peer.empty()) return ignore();
  if (!belongs_to_dial(s, e.peer)) return cut(s, cause::wrong_peer);

  connection& c = connections[s];
  const bool denied = gate.denies(e.peer, c.remote);  // the network may be since it arrived
  const bool own = hash == self_hash && e.peer == self;
  const peer_slot peer = peers.intern(e.peer, hash);  // the last to wait for memory
  c.peer = peer;
  c.previous_of_peer = peers[peer].last_connection;
  (c.previous_of_peer == no_slot ? peers[peer].first_connection
                                 : connections[c.previous_of_peer].next_of_peer) = s;
  peers[peer].last_connection = s;
  const bool known = peers.is_known(peer);
  if (known) settle(peer);

  if (own) return refuse(s, {cause::self_dial});
  if (denied) return refuse(s, {cause::denied});
  if (c.way == direction::inbound) {
    if (known)
      if (const refusal no = reputations.accept_refusal(peer)) return refuse(s, no);
    if (peers[peer].first_dial != no_slot && resolve_simultaneous_open(s)) return;
  }
  const claim wanted = claim_of(c);
  const refusal no = gate.permit_refusal(wanted);
  if (!no) return take_permit(s, gate.issue(wanted));
  if (!evict_for(s, no)) refuse(s, no);
}

void connection_manager::state::take_permit(connection_slot s, permit&& right) {
  connection& c = connections[s];
  leave_newcomers(s);
  c.right = std::move(right);
  c.holds = true;
  ++holders;
  c.at = phase::authenticated;
  emit(actions::admit{c.id, stage::established});
}

/// This node will not have the connection, whatever it has become: one that is ready ends orderly;
/// one that is being negotiated at once, there is nothing yet to say it over.
void connection_manager::state::refuse(connection_slot s, const refusal& no) {
  connection& c = connections[s];
  if (c.at == phase::ready) return close(s, no.why);
  c.refused = true;
  count_refusal(no);
  const notification told = about(notice::inbound_refused, s, no);
  if (c.at == phase::authenticated)
    cut(s, no.why);
  else
    turn_away(s, no);
  if (c.way == direction::inbound) return notify(told);
  if (c.dial != no_slot) fail_dial(c.dial, {no, dial_end::decided});
}

/// Has the peer told, as long as few are; before its handshake there is nobody to tell.
void connection_manager::state::turn_away(connection_slot s, const refusal& no) {
  connection& c = connections[s];
  leave_newcomers(s);
  c.end = no.why;
  const bool known = c.peer != no_slot;
  const bool tell = known && counters.lingering < options.max_lingering_refusals;
  if (tell) {
    gate.leave_pending(c);
    c.among = counted::lingering;
    ++counters.lingering;
    c.at = phase::refusing;
    timers.arm(s, later(now, options.refusal_linger));
  } else {
    c.at = phase::ending;
    timers.disarm(s);
  }
  const duration away = known && no.until != never ? no.until - now : retry_after(no.why);
  emit(actions::refuse{c.id, no.why, tell ? refuse_how::tell : refuse_how::reset, away});
}

void connection_manager::state::on(const events::ready& e) {
  const connection_slot s = find(e.conn);
  if (s == no_slot) return ignore();
  connection& c = connections[s];
  if (c.at == phase::superseded) return cut(s, cause::duplicate);
  if (c.at != phase::authenticated) return ignore();
  // Its peer refused it before.
  if (c.told) return cut(s, c.end);
  gate.leave_pending(c);
  if (const peer_marks* marks = peers.marks_of(c.peer)) c.kept_until = marks->kept_alive_until();
  c.at = phase::ready;
  c.ready_at = c.last_use = c.streams_ended = c.last_received = now;
  ++counters.established_total;
  ++counters.active_connections;
  if (++peers[c.peer].active == 1) ++counters.connected_peers;
  arm_ready(s);
  join_ready(s);

  const notification established = about(notice::connection_established, s);
  notify(established);
  if (c.way == direction::outbound) reputations.address_works(c.remote);
  reputations.works(c.peer, established);
  if (c.dial != no_slot) succeed_dial(c.dial, s);
}

}  // namespace tandem
