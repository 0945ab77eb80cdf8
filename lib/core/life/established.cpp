// SPDX-License-Identifier: MIT
#include "core/life/liveness.hpp"
#include "core/life/state.hpp"

#include <algorithm>

namespace tandem {
using namespace detail;

// Deadlines of a ready connection are lazy: bytes mostly move them later, so the armed one may be
// too early, never too late; when it fires, it is worked out anew. What can move one to an earlier
// time calls sooner().

/// The driver hands in what was received when it has something else to say, or is woken. A byte
/// that came since a probe brings the next one forward to an interval after it.
time_point connection_manager::state::looks_at(const connection& c) const noexcept {
  const time_point due = std::min(idle_deadline(c, options), probe_deadline(c, options));
  return c.probes == 0 ? due : std::min(due, later(now, options.liveness_interval));
}

void connection_manager::state::arm_ready(connection_slot s) {
  connection& c = connections[s];
  timers.arm(s, c.due = looks_at(c));
}

void connection_manager::state::sooner(connection_slot s) {
  connection& c = connections[s];
  if (c.at != phase::ready) return;
  const time_point due = looks_at(c);
  if (due < c.due) timers.arm(s, c.due = due);
}

void connection_manager::state::keep_alive_changed(peer_slot peer) {
  const peer_marks* marks = peers.marks_of(peer);
  const time_point until = marks ? marks->kept_alive_until() : time_point::min();
  for (connection_slot s = peers[peer].first_connection; s != no_slot;
       s = connections[s].next_of_peer) {
    connections[s].kept_until = until;
    sooner(s);
  }
}

void connection_manager::state::ready_expired(connection_slot s) {
  connection& c = connections[s];
  if (now >= idle_deadline(c, options)) return close(s, cause::idle_timeout);
  if (now >= probe_deadline(c, options)) {
    if (c.probes >= options.liveness_misses) return cut(s, cause::liveness_lost);
    ++c.probes;
    c.last_probe = now;
    emit(actions::probe{c.id, ++c.nonce});
  }
  arm_ready(s);
}

void connection_manager::state::heard(connection_slot s, time_point when) {
  connection& c = connections[s];
  c.last_received = std::max(c.last_received, std::min(when, now));
  if (c.probes == 0 || c.at != phase::ready) return;
  c.probes = 0;
  sooner(s);
}

void connection_manager::state::on(const events::traffic& e) {
  const connection_slot s = find(e.conn);
  if (s == no_slot) return ignore();
  connection& c = connections[s];
  counters.bytes_sent += e.sent;
  counters.bytes_received += e.received;
  c.bytes += e.sent + e.received;
  if (e.received > 0) {
    heard(s, e.last_received_at);
    reputations.life_sign(std::min(e.last_received_at, now));
  }
  if (e.app_bytes == 0) return;
  c.spoken = true;
  c.last_use = std::max(c.last_use, std::min(e.last_app_at, now));
}

void connection_manager::state::on(const events::rtt_sampled& e) {
  const connection_slot s = find(e.conn);
  if (s == no_slot) return ignore();
  connection& c = connections[s];
  c.rtt.sample(e.rtt);
  // Without a probe under way only the floor under the idle timeout follows from the sample.
  if (c.probes > 0 || c.due > later(c.last_use, options.connection_timeout)) sooner(s);
}

void connection_manager::state::on(const events::probe_answered& e) {
  const connection_slot s = find(e.conn);
  if (s == no_slot || connections[s].at != phase::ready) return ignore();
  heard(s, now);
  reputations.life_sign(now);
}

void connection_manager::state::on(const events::stream_opened& e) {
  const connection_slot s = find(e.conn);
  if (s == no_slot) return ignore();
  if (!e.app) return;
  connections[s].spoken = true;
  ++connections[s].streams;
}

void connection_manager::state::on(const events::stream_closed& e) {
  const connection_slot s = find(e.conn);
  if (s == no_slot) return ignore();
  connection& c = connections[s];
  if (!e.app) return;
  if (c.streams == 0) return ignore();
  if (--c.streams > 0) return;
  c.streams_ended = now;
  sooner(s);  // the idle deadline exists again
}

}  // namespace tandem
