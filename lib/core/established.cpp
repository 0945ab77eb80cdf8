// SPDX-License-Identifier: MIT
#include "state.hpp"

#include <algorithm>

namespace tandem {
using namespace detail;
using slot = slot_index;

// Deadlines of a ready connection are lazy: bytes only move them later, so the armed one may be too
// early, never too late; when it fires, it is worked out anew.

time_point connection_manager::state::idle_at(const connection& c) const noexcept {
  return c.streams > 0 ? never : later(c.last_use, options.connection_timeout);
}

time_point connection_manager::state::probe_at(const connection& c) const noexcept {
  return later(c.probes > 0 ? c.last_probe : c.last_received, options.liveness_interval);
}

void connection_manager::state::arm_ready(slot s) {
  const connection& c = connections[s];
  timers.arm(timer_kind::connection, s, std::min(idle_at(c), probe_at(c)));
}

void connection_manager::state::ready_expired(slot s) {
  connection& c = connections[s];
  if (now >= idle_at(c)) return close(s, cause::idle_timeout);
  if (now >= probe_at(c)) {
    if (c.probes >= options.liveness_misses) return cut(s, cause::liveness_lost);
    ++c.probes;
    c.last_probe = now;
    emit(actions::probe{c.id, ++c.nonce});
  }
  arm_ready(s);
}

void connection_manager::state::on(const events::traffic& e) {
  const slot s = find(e.conn);
  if (s == no_slot) return ignore();
  connection& c = connections[s];
  counters.bytes_sent += e.sent;
  counters.bytes_received += e.received;
  if (e.received > 0) {
    c.last_received = std::max(c.last_received, std::min(e.last_received_at, now));
    c.probes = 0;
    life_sign();
  }
  if (e.app_bytes > 0) c.last_use = std::max(c.last_use, std::min(e.last_app_at, now));
}

void connection_manager::state::on(const events::rtt_sampled& e) {
  const slot s = find(e.conn);
  if (s == no_slot) return ignore();
  connections[s].rtt = e.rtt;
}

void connection_manager::state::on(const events::probe_answered& e) {
  const slot s = find(e.conn);
  if (s == no_slot || connections[s].at != phase::ready) return ignore();
  connection& c = connections[s];
  c.last_received = now;
  c.probes = 0;
}

void connection_manager::state::on(const events::stream_opened& e) {
  const slot s = find(e.conn);
  if (s == no_slot) return ignore();
  if (e.app) ++connections[s].streams;
}

void connection_manager::state::on(const events::stream_closed& e) {
  const slot s = find(e.conn);
  if (s == no_slot) return ignore();
  connection& c = connections[s];
  if (!e.app) return;
  if (c.streams == 0) return ignore();
  if (--c.streams > 0) return;
  c.last_use = now;
  // The idle deadline exists again, and may be earlier than the one armed.
  if (c.at == phase::ready && idle_at(c) < timers.armed(timer_kind::connection, s)) arm_ready(s);
}

}  // namespace tandem
