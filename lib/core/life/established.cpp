// SPDX-License-Identifier: MIT
#include "core/life/liveness.hpp"
#include "core/life/state.hpp"
#include "core/mutant.hpp"

#include <algorithm>
#include <utility>

namespace tandem {
using namespace detail;

// Deadlines of a ready connection are lazy: bytes mostly move them later, so the armed one may be
// too early, never too late; when it fires, it is worked out anew. What can move one to an earlier
// time calls sooner().

/// How long it may take until all is read that had come before the network changed.
constexpr duration unread_most = std::chrono::seconds(1);

/// The driver hands in what was received when it has something else to say, or is woken. A byte
/// that came since a probe brings the next one forward to an interval after it.
time_point connection_manager::state::looks_at(const connection& conn) const noexcept {
  time_point due = std::min(idle_deadline(conn, options), probe_deadline(conn, options));
  if (conn.answer_by > now || !conn.answer_asked) due = std::min(due, conn.answer_by);
  return conn.probes == 0 ? due : std::min(due, later(now, options.liveness_interval));
}

void connection_manager::state::arm_ready(connection_slot conn_at) {
  connection& conn = connections[conn_at];
  timers.arm(conn_at, conn.due = looks_at(conn));
}

void connection_manager::state::sooner(connection_slot conn_at) {
  connection& conn = connections[conn_at];
  if (conn.at != phase::ready) return;
  const time_point due = looks_at(conn);
  if (due < conn.due) timers.arm(conn_at, conn.due = due);
}

void connection_manager::state::keep_alive_changed(peer_slot peer) {
  const peer_marks* marks = peers.marks_of(peer);
  const time_point until = marks ? marks->kept_alive_until() : time_point::min();
  for (connection_slot conn_at = peers[peer].first_connection; conn_at != no_slot;
       conn_at = connections[conn_at].next_of_peer) {
    connections[conn_at].kept_until = until;
    sooner(conn_at);
  }
}

void connection_manager::state::ready_expired(connection_slot conn_at) {
  connection& conn = connections[conn_at];
  if (now >= idle_deadline(conn, options)) return close(conn_at, cause::idle_timeout);
  // The peer may be busy taking what we say: that is asked before it is given up. Without an answer
  // what is due is done all the same.
  bool asks = false;
  if (now >= conn.answer_by) {
    asks = !std::exchange(conn.answer_asked, true) && conn.unacknowledged;
    if (asks)
      conn.answer_by = later(now, duration(1));
    else
      look_again(conn.peer);
    if (conn.at != phase::ready) return;
  }
  if (const time_point silent = probe_deadline(conn, options); now >= silent) {
    if (conn.unacknowledged && conn.asked_for != silent) {
      conn.asked_for = silent;
      emit(actions::ask_progress{conn.id});
      return timers.arm(conn_at, conn.due = later(now, duration(1)));
    }
    const bool lost = conn.probes >= options.liveness_misses || conn.last_chance != 0;
    if (lost && !mutant(mutation::liveness_never_fires)) return cut(conn_at, cause::liveness_lost);
    ++conn.probes;
    conn.last_probe = now;
    emit(actions::probe{conn.id, ++conn.nonce});
  }
  if (asks) emit(actions::ask_progress{conn.id});
  arm_ready(conn_at);
}

/// The old network's connections may be dead, and so may those of a host that slept: nobody told
/// it. Who does not answer one probe is given up, so that all are known to live or are over within
/// one probe_wait().
void connection_manager::state::probe_everybody() {
  network_changed_at = now;
  for (const connection_slot conn_at : connections) {
    connection& conn = connections[conn_at];
    if (!conn.used || conn.at != phase::ready) continue;
    // Of changes that follow one another at once one probe is enough: its answer is of all of them.
    if (conn.last_chance != 0 && now < later(conn.last_probe, unread_most)) continue;
    conn.probes = std::max<std::uint16_t>(conn.probes, 1);
    conn.last_probe = now;
    emit(actions::probe{conn.id, conn.last_chance = ++conn.nonce});
    sooner(conn_at);
  }
}

/// `answers`: it came after the last probe for sure.
void connection_manager::state::heard(connection_slot conn_at, time_point when, bool answers) {
  connection& conn = connections[conn_at];
  const bool asked = conn.asked_for == probe_deadline(conn, options);  // armed for the answer
  conn.last_received = std::max(conn.last_received, std::min(when, now));
  // What came before it was asked says nothing.
  if (when >= conn.asked_at && std::exchange(conn.answer_by, never) != never) look_again(conn.peer);
  if (conn.at == phase::handshaking) attempt_heard(conn_at);
  if ((conn.probes == 0 && !asked) || conn.at != phase::ready) return;
  if (conn.last_chance != 0 && !answers) return;
  conn.last_chance = 0;
  conn.probes = 0;
  sooner(conn_at);
}

void connection_manager::state::on(const events::traffic& event) {
  const connection_slot conn_at = find(event.conn);
  if (conn_at == no_slot) return ignore();
  connection& conn = connections[conn_at];
  counters.bytes_sent += event.sent;
  counters.bytes_received += event.received;
  conn.bytes += event.sent + event.received;
  if (event.received > 0) {
    heard(conn_at, event.last_received_at,
          event.last_received_at >= later(connections[conn_at].last_probe, unread_most));
    reputations.life_sign(std::min(event.last_received_at, now));
  }
  if (!mutant(mutation::idle_timer_not_reset))
    conn.last_use = std::max(conn.last_use, std::min(event.last_app_at, now));
  if (event.app_bytes == 0) return;
  conn.spoken = true;
  conn.unacknowledged |= event.sent > 0;
}

void connection_manager::state::on(const events::progressed& event) {
  const connection_slot conn_at = find(event.conn);
  if (conn_at == no_slot || connections[conn_at].at != phase::ready) return ignore();
  connection& conn = connections[conn_at];
  conn.unacknowledged = event.more;
  if (event.at > conn.last_received) {
    heard(conn_at, event.at, event.at >= conn.last_probe);
    reputations.life_sign(conn.last_received);
  }
  const bool due = now >= conn.asked_for && conn.asked_for == probe_deadline(conn, options);
  if (due) ready_expired(conn_at);
}

void connection_manager::state::on(const events::rtt_sampled& event) {
  const connection_slot conn_at = find(event.conn);
  if (conn_at == no_slot) return ignore();
  connection& conn = connections[conn_at];
  // What was under way while the host slept, or had another network, took as long as that.
  if (now - std::min(event.rtt, rtt_estimator::most) < network_changed_at) return;
  conn.rtt.sample(event.rtt);
  // Without a probe under way only the floor under the idle timeout follows from the sample.
  if (conn.probes > 0 || conn.due > later(conn.last_use, idle_timeout(conn, options)))
    sooner(conn_at);
}

void connection_manager::state::on(const events::probe_answered& event) {
  const connection_slot conn_at = find(event.conn);
  if (conn_at == no_slot || connections[conn_at].at != phase::ready) return ignore();
  // The difference, since nonces go round.
  const auto after = event.nonce - connections[conn_at].last_chance;
  heard(conn_at, now, static_cast<std::int32_t>(after) >= 0);
  reputations.life_sign(now);
}

void connection_manager::state::on(const events::stream_opened& event) {
  const connection_slot conn_at = find(event.conn);
  if (conn_at == no_slot) return ignore();
  if (!event.app) return;
  connections[conn_at].spoken = true;
  ++connections[conn_at].streams;
}

void connection_manager::state::on(const events::stream_closed& event) {
  const connection_slot conn_at = find(event.conn);
  if (conn_at == no_slot) return ignore();
  connection& conn = connections[conn_at];
  if (!event.app) return;
  if (conn.streams == 0) return ignore();
  if (--conn.streams > 0) return;
  conn.streams_ended = now;
  if (mutant(mutation::fin_counts_as_use)) conn.last_use = now;
  sooner(conn_at);  // the idle deadline exists again
}

}  // namespace tandem
