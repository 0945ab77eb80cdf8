// SPDX-License-Identifier: MIT
#include "core/life/liveness.hpp"
#include "core/life/state.hpp"

#include <utility>

namespace tandem {
using namespace detail;

void connection_manager::state::on(const events::arrived& event) {
  if (event.conn == connection_id::none || is_outbound(event.conn) || find(event.conn) != no_slot)
    return ignore();
  reputations.life_sign(now);
  const connection_slot conn_at = connections.take();
  connection& conn = connections[conn_at];
  conn.id = event.conn;
  conn.remote = event.remote;
  conn.way = direction::inbound;
  conn.arrived = conn.last_received = now;
  conn.at = phase::handshaking;
  by_connection.insert(hash_of_id(event.conn), conn_at);

  refusal no = stopping ? refusal{cause::shutting_down} : gate.arrival_refusal(conn, tracked() - 1);
  if (!no) no = make_room(conn_at);
  if (no) return refuse(conn_at, no);
  gate.enter_pending(connections, conn_at);
  timers.arm(conn_at, later(now, options.handshake_timeout));
  emit(actions::admit{event.conn, stage::handshake});
}

/// Has those that arrived or were dialled long ago and did not authenticate give way, so that the
/// silent keep nobody out. Why there is no room all the same, if so.
refusal connection_manager::state::make_room(connection_slot arrived) {
  for (;;) {
    const connection_slot attempt = gate.unauthenticated(direction::outbound).first;
    const bool had_its_time = attempt != no_slot && was_silent(attempt);
    const auto [no, oldest] =
        gate.arrival_crowd(connections[arrived], tracked() - 1, had_its_time ? 0 : 1);
    if (!no || oldest == no_slot) return no;
    displace(oldest, no);
  }
}

void connection_manager::state::displace(connection_slot conn_at, const refusal& no) {
  if (connections[conn_at].way == direction::inbound)
    refuse(conn_at, no);
  else
    give_way(conn_at);
}

bool connection_manager::state::belongs_to_dial(connection_slot conn_at, const peer_id& peer) {
  const dial_slot dial_at = connections[conn_at].dial;
  if (dial_at == no_slot || dials[dial_at].peer == no_slot) return true;
  return peers[dials[dial_at].peer].id == peer;
}

void connection_manager::state::on(const events::authenticated& event) {
  const connection_slot conn_at = find(event.conn);
  if (conn_at == no_slot || connections[conn_at].at != phase::handshaking || event.peer.empty())
    return ignore();
  if (!belongs_to_dial(conn_at, event.peer)) return cut(conn_at, cause::wrong_peer);

  gate.leave_unauthenticated(connections, conn_at);
  connection& conn = connections[conn_at];
  if (conn.way == direction::outbound) {
    line.stays(conn_at);
    timers.arm(conn_at, conn.due);
  }
  const bool denied = gate.denies(event.peer, conn.remote);  // the network may be since it arrived
  const peer_slot peer = peers.intern(event.peer);
  conn.peer = peer;
  conn.previous_of_peer = peers[peer].last_connection;
  (conn.previous_of_peer == no_slot ? peers[peer].first_connection
                                    : connections[conn.previous_of_peer].next_of_peer) = conn_at;
  peers[peer].last_connection = conn_at;
  const bool known = peers.is_known(peer);
  if (known) settle(peer);

  if (event.peer == self) return refuse(conn_at, {cause::self_dial});
  if (denied) return refuse(conn_at, {cause::denied});
  if (conn.way == direction::inbound) {
    if (known)
      if (const refusal no = reputations.accept_refusal(peer)) return refuse(conn_at, no);
    if (peers[peer].first_dial != no_slot && resolve_simultaneous_open(conn_at)) return;
  }
  const claim wanted{peer, conn.narrow, conn.wide, conn.way};
  const refusal no = gate.permit_refusal(wanted);
  if (!no) return take_permit(conn_at, gate.issue(wanted));
  if (!wait_for_own_place(conn_at) && !evict_for(conn_at, no)) refuse(conn_at, no);
}

void connection_manager::state::take_permit(connection_slot conn_at, permit&& right) {
  connection& conn = connections[conn_at];
  leave_newcomers(conn_at);
  conn.right = std::move(right);
  conn.holds = true;
  ++holders;
  conn.at = phase::authenticated;
  emit(actions::admit{conn.id, stage::established});
}

/// This node will not have the connection, whatever it has become: one that is ready ends orderly;
/// one that is being negotiated at once, there is nothing yet to say it over.
void connection_manager::state::refuse(connection_slot conn_at, const refusal& no) {
  connection& conn = connections[conn_at];
  if (conn.at == phase::ready) return close(conn_at, no.why);
  conn.refused = true;
  count_refusal(no);
  const notification told = about(notice::inbound_refused, conn_at, no);
  if (conn.at == phase::authenticated)
    cut(conn_at, no.why);
  else
    turn_away(conn_at, no);
  if (conn.way == direction::inbound) return notify(told);
  if (conn.dial != no_slot) fail_dial(conn.dial, {no, dial_end::decided});
}

/// Has the peer told, as long as few are; before its handshake there is nobody to tell.
void connection_manager::state::turn_away(connection_slot conn_at, const refusal& no) {
  connection& conn = connections[conn_at];
  leave_newcomers(conn_at);
  conn.end = no.why;
  const bool known = conn.peer != no_slot;
  const bool tell = known && counters.lingering < options.max_lingering_refusals;
  gate.leave_pending(connections, conn_at);
  if (tell) {
    conn.among = counted::lingering;
    ++counters.lingering;
    conn.at = phase::refusing;
    timers.arm(conn_at, later(now, refusal_wait(conn, now, options)));
  } else {
    conn.at = phase::ending;
    ++over;
    timers.disarm(conn_at);
  }
  const duration away = known && no.until != never ? no.until - now : retry_after(no.why);
  emit(actions::refuse{conn.id, no.why, tell ? refuse_how::tell : refuse_how::reset, away});
}

void connection_manager::state::on(const events::ready& event) {
  const connection_slot conn_at = find(event.conn);
  if (conn_at == no_slot) return ignore();
  connection& conn = connections[conn_at];
  if (conn.at == phase::superseded) return cut(conn_at, cause::duplicate);
  if (conn.at != phase::authenticated) return ignore();
  // Its peer refused it before.
  if (conn.told) return cut(conn_at, conn.end);
  gate.leave_pending(connections, conn_at);
  if (const peer_marks* marks = peers.marks_of(conn.peer))
    conn.kept_until = marks->kept_alive_until();
  conn.at = phase::ready;
  conn.ready_at = conn.last_use = conn.streams_ended = conn.last_received = now;
  conn.idle_share = static_cast<std::uint32_t>(random.next());
  ++counters.established_total;
  ++counters.active_connections;
  if (++peers[conn.peer].active == 1) ++counters.connected_peers;
  arm_ready(conn_at);
  join_ready(conn_at);

  const notification established = about(notice::connection_established, conn_at);
  notify(established);
  if (conn.way == direction::outbound) reputations.address_works(conn.remote);
  reputations.works(conn.peer, established);
  if (conn.dial != no_slot) succeed_dial(conn.dial, conn_at);
}

}  // namespace tandem
