// SPDX-License-Identifier: MIT
#include "core/life/state.hpp"

#include <algorithm>

namespace tandem {
using namespace detail;

namespace {

// How long listening pauses after a failed accept: long enough not to spin when descriptors are
// exhausted, short against any connect timeout.
constexpr duration listen_pause_period = std::chrono::milliseconds(100);

}  // namespace

void connection_manager::state::on(const events::peer_marked& event) {
  if (event.peer.empty()) return ignore();
  if (event.what == mark::protect || event.what == mark::tag || event.what == mark::keep_alive) {
    // Those that are over make room.
    for (peer_slot over = no_slot; event.on && (over = peers.take_unmarked(now)) != no_slot;)
      settle(over);
    const peer_slot peer = event.on ? peers.intern(event.peer) : peers.find(event.peer);
    if (peer == no_slot) return;
    if (peer_marks* marks = peers.mark(peer, event.on ? options.max_marked_peers : 0)) {
      marks->set(event, now);
      if (event.what == mark::keep_alive) keep_alive_changed(peer);
      if (event.what == mark::protect) redial_first(peer);
    } else if (event.on) {
      ignore();
    }
    return settle(peer);
  }
  const auto what = event.what == mark::allow ? access::allowed : access::denied;
  if (!gate.rule(event.peer, what, event.on, event.until)) ignore();
  end_denied();
  redial_soon(peers.find(event.peer));
}

void connection_manager::state::on(const events::subnet_marked& event) {
  const unsigned length = event.prefix + (event.network.v6 ? 0U : prefix::v4_from);
  if ((event.what != mark::allow && event.what != mark::deny) || length > prefix::length_most)
    return ignore();
  const prefix range = first_bits(prefix_of(event.network), length);
  const auto what = event.what == mark::allow ? access::allowed : access::denied;
  if (!gate.rule(range, what, event.on, event.until)) ignore();
  end_denied();
}

void connection_manager::state::on(const events::configured& event) {
  if (!problems_of(event.options).empty()) return ignore();
  const manager_options before = options;
  // What was over under the options before stays so.
  reputations.forget_what_is_over();
  options = event.options;
  gate.options_changed(before, connections);
  counters.connection_limit = options.max_connections;
  reputations.options_changed();
  forget_redials();
  for (const connection_slot conn_at : connections)
    if (connections[conn_at].used && connections[conn_at].at == phase::ready) arm_ready(conn_at);
  if (before.churn_interval != options.churn_interval) timers.disarm(node_timer::churn);
  arm_churn();
  // A dial that waits for an attempt at its peer to end may not have to any more.
  for (const dial_slot dial_at : dials) line.attempt_over(dials[dial_at].peer);
  drain_surplus(before);
  for (const peer_slot peer : peers) look_again(peer);
  serve_newcomers();
}

void connection_manager::state::on(const events::pressure& event) {
  gate.pressure(event.memory);
  descriptor_pressure = event.descriptors;
  listen_or_pause();
}

void connection_manager::state::on(const events::accept_failed&) {
  if (stopping || timers.armed(node_timer::resume) != never) return;
  if (const auto [no, oldest] = gate.descriptor_crowd(direction::inbound, 1); oldest != no_slot) {
    connections[oldest].for_arrival = true;
    gate.descriptors_out(true);
    return displace(oldest, no);  // and the driver accepts again
  }
  timers.arm(node_timer::resume, later(now, listen_pause_period));
  listen_or_pause();
}

void connection_manager::state::listen_or_pause() {
  const bool pauses = descriptor_pressure || timers.armed(node_timer::resume) != never;
  if (stopping || pauses == paused) return;
  paused = pauses;
  if (paused)
    emit(actions::listen_pause{});
  else
    emit(actions::listen_resume{});
}

void connection_manager::state::on(const events::shutdown_wanted& event) {
  const time_point deadline =
      std::max(now, std::min(event.deadline, later(now, options.shutdown_timeout)));
  const bool first = !stopping;
  if (stopped || (!first && deadline >= timers.armed(node_timer::shutdown))) return;
  stopping = true;
  drain_until = std::min(drain_until, later(now, (deadline - now) * 3 / 4));
  timers.arm(node_timer::drain, drain_until);
  timers.arm(node_timer::shutdown, deadline);
  if (!first) return;

  timers.disarm(node_timer::resume);
  timers.disarm(node_timer::uplink);
  timers.disarm(node_timer::churn);
  forget_redials();
  notification told;
  told.kind = notice::shutdown_began;
  told.why = cause::shutting_down;
  told.until = deadline;
  notify(told);
  for (const dial_slot dial_at : dials)
    fail_dial(dial_at, {{cause::shutting_down}, dial_end::decided});
  for (const connection_slot conn_at : connections) {
    if (!connections[conn_at].used) continue;
    const phase at = connections[conn_at].at;
    if (at == phase::ready)
      close(conn_at, cause::shutting_down);
    else if (at != phase::refusing && at != phase::closing)
      cut(conn_at, cause::shutting_down);
  }
}

void connection_manager::state::abort_everything() {
  for (const connection_slot conn_at : connections) cut(conn_at, cause::shutting_down);
}

void connection_manager::state::complete_shutdown() {
  stopped = true;
  timers.disarm(node_timer::drain);
  timers.disarm(node_timer::shutdown);
  emit(actions::shutdown_complete{connections.size()});
}

void connection_manager::state::node_timer_expired(node_timer which) {
  if (which == node_timer::resume) {
    listen_or_pause();
  } else if (which == node_timer::drain) {
    abort_everything();
  } else if (which == node_timer::churn) {
    churn();
  } else if (which == node_timer::uplink) {
    reputations.uplink_trial_due();
  } else if (!stopped) {
    complete_shutdown();
  }
}

}  // namespace tandem
