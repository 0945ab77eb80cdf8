// SPDX-License-Identifier: MIT
#include "core/life/state.hpp"

#include <utility>

namespace tandem {
using namespace detail;

void connection_manager::state::enter_pending(connection_slot s) {
  connection& c = connections[s];
  c.pending = true;
  if (c.way == direction::outbound) {
    ++counters.pending_outbound;
    return;
  }
  ++counters.pending_inbound;
  if (c.wide != no_slot) ++subnets[c.wide].pending;
}

void connection_manager::state::leave_pending(connection_slot s) {
  connection& c = connections[s];
  if (!c.pending) return;
  c.pending = false;
  if (c.way == direction::outbound) {
    --counters.pending_outbound;
    return;
  }
  --counters.pending_inbound;
  if (c.wide != no_slot) --subnets[c.wide].pending;
}

void connection_manager::state::on(const events::arrived& e) {
  connections.prefetch_next();
  timers.prefetch(connections.next());
  if (e.conn == connection_id::none || is_outbound(e.conn) || find(e.conn) != no_slot)
    return ignore();
  life_sign();
  const connection_slot s = connections.take();
  connection& c = connections[s];
  c.id = e.conn;
  c.remote = e.remote;
  c.way = direction::inbound;
  c.connected = true;
  c.last_received = now;
  c.at = phase::handshaking;
  by_connection.insert(hash_of_id(e.conn), s);

  const shortage no = arrival_verdict(s);
  if (no.why == cause::none) {
    enter_pending(s);
    timers.arm(s, later(now, options.handshake_timeout));
    emit(actions::admit{e.conn, stage::handshake});
    return;
  }
  c.at = phase::ending;
  c.refused = true;
  c.end = no.why;
  ++counters.refused[static_cast<std::size_t>(no.why)];
  notification n = about(notice::inbound_refused, s);
  n.why = no.why;
  n.current = no.current;
  n.limit = no.limit;
  n.until = no.until;
  emit(actions::refuse{e.conn, no.why, refuse_how::reset, retry_after(no.why)});
  notify(n);
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
  const bool denied = denies(e.peer, c.remote);  // the network may be since it arrived
  const bool own = hash == self_hash && e.peer == self;
  const peer_slot peer = peers.intern(e.peer, hash);  // the last to wait for memory
  c.peer = peer;
  c.previous_of_peer = peers[peer].last_connection;
  (c.previous_of_peer == no_slot ? peers[peer].first_connection
                                 : connections[c.previous_of_peer].next_of_peer) = s;
  peers[peer].last_connection = s;
  const bool known = peers.is_known(peer);
  if (known) settle(peer);

  if (own) return refuse_connection(s, cause::self_dial, 0, 0);
  if (denied) return refuse_connection(s, cause::denied, 0, 0);
  if (c.way == direction::inbound) {
    if (known) {
      const failure_record::verdict verdict = may_accept(peer);
      if (verdict.why != cause::none) return refuse_connection(s, verdict.why, 0, 0, verdict.until);
    }
    if (peers[peer].first_dial != no_slot && resolve_simultaneous_open(s)) return;
  }
  const claim wanted = claim_of(s);
  const shortage no = ledger.shortage_for(wanted, options, now);
  if (no.why == cause::none) return take_permit(s, ledger.issue(wanted));
  if (evict_for(s, no)) return;
  refuse_connection(s, no.why, no.current, no.limit);
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

void connection_manager::state::refuse_connection(connection_slot s, cause why,
                                                  std::uint64_t current, std::uint64_t limit,
                                                  time_point until) {
  connection& c = connections[s];
  leave_newcomers(s);
  c.refused = true;
  c.end = why;
  ++counters.refused[static_cast<std::size_t>(why)];
  notification n = about(notice::inbound_refused, s);
  n.why = why;
  n.current = current;
  n.limit = limit;
  n.until = until;

  const bool tell = counters.lingering < options.max_lingering_refusals;
  if (tell) {
    leave_pending(s);
    c.lingering = true;
    ++counters.lingering;
    c.at = phase::refusing;
    timers.arm(s, later(now, options.refusal_linger));
  } else {
    c.at = phase::ending;
    timers.disarm(s);
  }
  emit(actions::refuse{c.id, why, tell ? refuse_how::tell : refuse_how::reset,
                       until == never ? duration{} : until - now});
  if (c.way == direction::inbound) return notify(n);
  if (c.dial == no_slot) return;
  dial_failure failure;
  failure.why = why;
  failure.counted = failure.blames = false;
  failure.current = current;
  failure.limit = limit;
  failure.until = until;
  fail_dial(c.dial, failure);
}

void connection_manager::state::on(const events::ready& e) {
  const connection_slot s = find(e.conn);
  if (s == no_slot) return ignore();
  connection& c = connections[s];
  if (c.at == phase::superseded) return cut(s, cause::duplicate);
  if (c.at != phase::authenticated) return ignore();
  // Its peer refused it before.
  if (c.told) return cut(s, c.end);
  leave_pending(s);
  if (const peer_marks* marks = peers.marks_of(c.peer)) c.kept_until = marks->kept_alive_until();
  c.at = phase::ready;
  c.was_ready = true;
  c.ready_at = c.last_use = c.streams_ended = c.last_received = now;
  ++counters.established_total;
  ++counters.active_connections;
  if (++peers[c.peer].active == 1) ++counters.connected_peers;
  arm_ready(s);
  join_ready(s);

  notify(about(notice::connection_established, s));
  proven(s);
  if (c.dial != no_slot) succeed_dial(c.dial, s);
}

}  // namespace tandem
