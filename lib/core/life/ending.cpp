// SPDX-License-Identifier: MIT
#include "core/life/liveness.hpp"
#include "core/life/state.hpp"

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

void connection_manager::state::connection_expired(connection_slot s) {
  switch (connections[s].at) {
    case phase::attempting:
      return cut(s, cause::attempt_timeout);
    case phase::handshaking:
    case phase::authenticated:
      return cut(s, cause::handshake_timeout);
    case phase::waiting:
      return refuse_newcomer(s);
    case phase::superseded:
      return cut(s, cause::duplicate);
    case phase::ready:
      return ready_expired(s);
    case phase::refusing:
    case phase::closing:
      return cut(s, connections[s].end);
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
  const duration half = options.shutdown_retry_after / 2;
  return half + duration(random.up_to(static_cast<std::uint64_t>(half.count())));
}

/// Orderly end of a ready connection; one that the peer ends by itself is told nothing but that.
void connection_manager::state::close(connection_slot s, cause why) {
  connection& c = connections[s];
  leave_ready(s);
  c.at = phase::closing;
  if (c.end == cause::none) c.end = why;
  const time_point until = stopping ? drain_until : later(now, options.close_linger);
  timers.arm(s, until);
  if (c.told) return emit(actions::close{c.id, cause::remote_closed, {}, until});
  emit(actions::close{c.id, c.end, retry_after(c.end), until});
}

/// Ends a connection at once; its last event is still to come.
void connection_manager::state::cut(connection_slot s, cause why) {
  connection& c = connections[s];
  if (c.is_over()) return;
  const bool connecting = c.at == phase::attempting;
  leave_ready(s);
  leave_newcomers(s);
  c.at = connecting ? phase::cancelled : phase::ending;
  if (c.end == cause::none) c.end = why;
  timers.disarm(s);
  if (connecting)
    emit(actions::cancel_attempt{c.id});
  else
    emit(actions::abort{c.id, c.end});
}

void connection_manager::state::on(const events::closed& e) {
  const connection_slot s = find(e.conn);
  if (s == no_slot) return ignore();
  end_connection(s, e.why, false, {});
}

void connection_manager::state::on(const events::remote_refused& e) {
  const connection_slot s = find(e.conn);
  if (s == no_slot) return ignore();
  connection& c = connections[s];
  if (c.end != cause::none) return;  // our own reason stands
  c.end = e.reason == cause::none ? cause::remote_refused : e.reason;
  c.told = true;
  c.retry_after = e.retry_after;
  // It may not stay: what it told holds, whether it leaves or not.
  if (c.at == phase::ready) return close(s, c.end);
  notification n = about(notice::remote_refused, s);
  n.why = c.end;
  if (e.retry_after > duration::zero()) n.until = later(now, e.retry_after);
  notify(n);
}

void connection_manager::state::on(const events::disconnect_wanted& e) {
  const auto end = [&](connection_slot s) {
    const phase at = connections[s].at;
    if (at == phase::ready)
      close(s, e.reason);
    else if (at != phase::refusing && at != phase::closing)
      cut(s, e.reason);
  };
  if (e.conn != connection_id::none) {
    const connection_slot s = find(e.conn);
    return s == no_slot ? ignore() : end(s);
  }
  const peer_slot peer = peers.find(e.peer);
  if (peer == no_slot || !peers[peer].engaged()) return ignore();
  // Connections first: ending the last dial of a peer may forget the peer.
  connection_slot next;
  for (connection_slot s = peers[peer].first_connection; s != no_slot; s = next) {
    next = connections[s].next_of_peer;
    if (connections[s].at == phase::ready)
      close(s, e.reason);
    else if (connections[s].dial == no_slot || connections[s].way == direction::inbound)
      end(s);
  }
  dial_slot next_dial;
  for (dial_slot d = peers[peer].first_dial; d != no_slot; d = next_dial) {
    next_dial = dials[d].next_of_peer;
    fail_dial(d, {{e.reason}, dial_end::decided});
  }
}

void connection_manager::state::count_end(connection_slot s, cause why) {
  const connection& c = connections[s];
  notification n = about(notice::handshake_failed, s);
  n.why = why;
  if (c.was_ready()) {
    n.kind = notice::connection_closed;
    if (why == cause::liveness_lost) {
      n.failures = c.probes;
      n.ceiling = probe_wait(c, options);
    }
    --counters.active_connections;
    ++counters.closed_total;
    if (--peers[c.peer].active == 0) --counters.connected_peers;
    reputations.lasted(c.peer, c.ready_at);
    return notify(n);
  }
  if (c.refused) return;
  if (c.way == direction::inbound && is_failure(why)) ++counters.failed_total;
  if (c.told) return;
  if (!c.connected()) n.kind = notice::attempt_failed;
  notify(n);
}

void connection_manager::state::end_connection(connection_slot s, cause reported, bool local,
                                               duration retry_after) {
  connections.prefetch(s);  // from anywhere in the tables: seldom in a cache
  timers.prefetch(s);
  connection& c = connections[s];
  if (c.peer != no_slot) peers.prefetch_entry(c.peer);
  cause why = c.end != cause::none ? c.end : reported;
  if (why == cause::none) why = c.connected() ? cause::remote_closed : cause::unreachable;
  // How the driver reports the end of what we cancelled says nothing about whose fault it was.
  const bool ours = local && c.end == cause::none;
  const connection_outcome end{
      why,       ours,      c.told,         std::max(c.retry_after, retry_after),
      c.address, c.yielded, c.last_received};

  timers.disarm(s);
  leave_ready(s);
  leave_newcomers(s);
  gate.leave_pending(c);
  if (c.victim) --victims;
  if (c.holds) --holders;
  if (c.among == counted::lingering) --counters.lingering;
  count_end(s, why);
  blame_end(s, end);

  const peer_slot peer = c.peer;
  const dial_slot d = c.dial;
  if (peer != no_slot) {
    (c.previous_of_peer == no_slot ? peers[peer].first_connection
                                   : connections[c.previous_of_peer].next_of_peer) = c.next_of_peer;
    (c.next_of_peer == no_slot ? peers[peer].last_connection
                               : connections[c.next_of_peer].previous_of_peer) = c.previous_of_peer;
  }
  if (d != no_slot) detach_attempt(s);
  by_connection.erase(hash_of_id(c.id), s);
  const subnet_slot narrow = c.narrow;
  const subnet_slot wide = c.wide;
  connections.release(s);
  gate.leave_subnet(narrow);
  gate.leave_subnet(wide);
  if (d != no_slot) connection_over(d, s, end);
  // The dial may have ended and forgotten the peer already, unless other connections hold it.
  if (peer != no_slot && peers[peer].used) settle(peer);
  if (!newcomers.empty()) serve_newcomers();
}

}  // namespace tandem
