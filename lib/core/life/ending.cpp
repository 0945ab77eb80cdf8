// SPDX-License-Identifier: MIT
#include "core/life/liveness.hpp"
#include "core/life/state.hpp"
#include "core/mutant.hpp"
#include "core/policy/jitter.hpp"

#include <algorithm>

namespace tandem {
using namespace detail;

namespace {

/// Whether a handshake that ended so counts as failed: not when somebody decided against it.
bool is_failure(cause why) noexcept {
  return why != cause::requested && why != cause::abandoned && why != cause::duplicate &&
         why != cause::shutting_down;
}

}  // namespace

void connection_manager::state::connection_expired(connection_slot conn_at) {
  switch (connections[conn_at].at) {
    case phase::attempting:
      return attempt_expired(conn_at);
    case phase::handshaking:
      if (connections[conn_at].way == direction::outbound) return attempt_expired(conn_at);
      [[fallthrough]];
    case phase::authenticated:
      return cut(conn_at, cause::handshake_timeout);
    case phase::waiting:
      return refuse_newcomer(conn_at);
    case phase::superseded:
      return cut(conn_at, cause::duplicate);
    case phase::ready:
      return ready_expired(conn_at);
    case phase::refusing:
    case phase::closing:
      return cut(conn_at, connections[conn_at].end);
    case phase::cancelled:
    case phase::ending:
      return;
  }
}

/// What a peer that has to go is told about coming back. At shutdown everybody is told at once, so
/// everybody is told something else.
duration connection_manager::state::retry_after(cause why) {
  if (why == cause::evicted) return options.eviction_penalty;
  if (why != cause::shutting_down) return {};
  if (mutant(mutation::shutdown_tells_nobody_when)) return {};
  return shortened(options.shutdown_retry_after, random);
}

/// Orderly end of a ready connection; one that the peer ends by itself is told nothing but that.
void connection_manager::state::close(connection_slot conn_at, cause why) {
  connection& conn = connections[conn_at];
  leave_ready(conn_at);
  conn.at = phase::closing;
  if (conn.end == cause::none) conn.end = why;
  const time_point until = stopping ? drain_until : later(now, close_wait(conn, options));
  timers.arm(conn_at, until);
  if (conn.told) return emit(actions::close{conn.id, cause::remote_closed, {}, until});
  emit(actions::close{conn.id, conn.end, retry_after(conn.end), until});
}

/// Ends a connection at once; its last event is still to come.
void connection_manager::state::cut(connection_slot conn_at, cause why) {
  connection& conn = connections[conn_at];
  if (conn.is_over()) return;
  const bool connecting = conn.at == phase::attempting;
  leave_ready(conn_at);
  leave_newcomers(conn_at);
  gate.leave_unauthenticated(connections, conn_at);
  line.stays(conn_at);
  conn.at = connecting ? phase::cancelled : phase::ending;
  ++over;
  if (conn.end == cause::none) conn.end = why;
  timers.disarm(conn_at);
  if (connecting)
    emit(actions::cancel_attempt{conn.id});
  else
    emit(actions::abort{conn.id, conn.end});
}

void connection_manager::state::on(const events::closed& event) {
  const connection_slot conn_at = find(event.conn);
  if (conn_at == no_slot) return ignore();
  end_connection(conn_at, event.why, false, {});
}

void connection_manager::state::on(const events::remote_refused& event) {
  const connection_slot conn_at = find(event.conn);
  if (conn_at == no_slot) return ignore();
  connection& conn = connections[conn_at];
  if (conn.end != cause::none) return;  // our own reason stands
  conn.end = event.reason == cause::none ? cause::remote_refused : event.reason;
  conn.told = true;
  conn.retry_after = event.retry_after;
  line.stays(conn_at);
  if (conn.way == direction::outbound) gate.leave_unauthenticated(connections, conn_at);
  // It may not stay: what it told holds, whether it leaves or not.
  if (conn.at == phase::ready) return close(conn_at, conn.end);
  notification told = about(notice::remote_refused, conn_at);
  told.why = conn.end;
  if (event.retry_after > duration::zero()) told.until = later(now, event.retry_after);
  notify(told);
}

void connection_manager::state::on(const events::disconnect_wanted& event) {
  const auto end = [&](connection_slot conn_at) {
    const phase at = connections[conn_at].at;
    if (at == phase::ready)
      close(conn_at, event.reason);
    else if (at != phase::refusing && at != phase::closing)
      cut(conn_at, event.reason);
  };
  if (event.conn != connection_id::none) {
    const connection_slot conn_at = find(event.conn);
    return conn_at == no_slot ? ignore() : end(conn_at);
  }
  const peer_slot peer = peers.find(event.peer);
  if (peer == no_slot || !peers[peer].engaged()) return ignore();
  // Connections first: ending the last dial of a peer may forget the peer.
  connection_slot next;
  for (connection_slot conn_at = peers[peer].first_connection; conn_at != no_slot; conn_at = next) {
    next = connections[conn_at].next_of_peer;
    if (connections[conn_at].at == phase::ready)
      close(conn_at, event.reason);
    else if (connections[conn_at].dial == no_slot || connections[conn_at].way == direction::inbound)
      end(conn_at);
  }
  dial_slot next_dial;
  for (dial_slot dial_at = peers[peer].first_dial; dial_at != no_slot; dial_at = next_dial) {
    next_dial = dials[dial_at].next_of_peer;
    fail_dial(dial_at, {{event.reason}, dial_end::decided});
  }
}

void connection_manager::state::count_end(connection_slot conn_at, cause why, duration away) {
  const connection& conn = connections[conn_at];
  notification told = about(notice::handshake_failed, conn_at);
  told.why = why;
  if (conn.was_ready()) {
    told.kind = notice::connection_closed;
    if (away > duration::zero()) told.until = later(now, away);
    if (why == cause::liveness_lost) {
      const bool asked = conn.answer_by <= now;
      told.failures = asked ? 1 : conn.probes;
      told.ceiling = asked ? conn.answer_by - conn.asked_at : probe_wait(conn, options);
    }
    --counters.active_connections;
    ++counters.closed_total;
    if (--peers[conn.peer].active == 0) --counters.connected_peers;
    reputations.lasted(conn.peer, conn.ready_at);
    return notify(told);
  }
  if (conn.refused) return;
  if (conn.way == direction::inbound && is_failure(why)) ++counters.failed_total;
  if (conn.told) return;
  if (!conn.connected()) told.kind = notice::attempt_failed;
  notify(told);
}

void connection_manager::state::end_connection(connection_slot conn_at, cause reported, bool local,
                                               duration retry_after) {
  connection& conn = connections[conn_at];
  cause why = conn.end != cause::none ? conn.end : reported;
  if (why == cause::none) why = conn.connected() ? cause::remote_closed : cause::unreachable;
  // How the driver reports the end of what we cancelled says nothing about whose fault it was.
  const bool ours = local && conn.end == cause::none;
  // A peer that ended a ready connection in its own words is left alone as long as those say.
  const bool leaves = conn.told && conn.was_ready();
  const bool named = leaves && conn.retry_after > duration::zero();
  const duration away = named    ? named_wait(conn.retry_after, options, random)
                        : leaves ? duration{}
                                 : std::max(conn.retry_after, retry_after);
  const connection_outcome end{why,          ours,         conn.told,     away,
                               conn.address, conn.yielded, conn.gave_way, conn.last_received};

  timers.disarm(conn_at);
  leave_ready(conn_at);
  leave_newcomers(conn_at);
  gate.leave_pending(connections, conn_at);
  if (conn.is_over()) --over;
  if (conn.victim) --victims;
  if (conn.gave_way) --giving_way;
  line.stays(conn_at);
  if (conn.holds) --holders;
  if (!conn.for_arrival) gate.descriptors_out(false);
  if (conn.among == counted::lingering) --counters.lingering;
  count_end(conn_at, why, named ? away : duration{});
  blame_end(conn_at, end);

  const peer_slot peer = conn.peer;
  const dial_slot dial_at = conn.dial;
  const bool fell_silent = conn.was_ready() && class_of(why) == failure_class::timeout;
  if (peer != no_slot) {
    (conn.previous_of_peer == no_slot ? peers[peer].first_connection
                                      : connections[conn.previous_of_peer].next_of_peer) =
        conn.next_of_peer;
    (conn.next_of_peer == no_slot ? peers[peer].last_connection
                                  : connections[conn.next_of_peer].previous_of_peer) =
        conn.previous_of_peer;
  }
  if (dial_at != no_slot) detach_attempt(conn_at);
  by_connection.erase(hash_of_id(conn.id), conn_at);
  const subnet_slot narrow = conn.narrow;
  const subnet_slot wide = conn.wide;
  gate.give_back(conn);
  connections.release(conn_at);
  gate.leave_subnet(narrow);
  gate.leave_subnet(wide);
  if (dial_at != no_slot) connection_over(dial_at, conn_at, end);
  // The dial may have ended and forgotten the peer already, unless other connections hold it.
  if (peer != no_slot && peers[peer].used) {
    look_again(peer);
    if (fell_silent) redial_after_silence(peer);
    settle(peer);
  }
  if (!newcomers.empty()) serve_newcomers();
}

}  // namespace tandem
