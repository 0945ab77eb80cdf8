// SPDX-License-Identifier: MIT
// What the ends of dials and connections say about others: to be held against them or not.
#include "core/life/state.hpp"
#include "core/mutant.hpp"

#include <utility>

namespace tandem {
using namespace detail;

void connection_manager::state::blame(peer_slot peer, const reputation::fault& of,
                                      notification& told) {
  for (connection_slot conn_at = peers[peer].first_connection; conn_at != no_slot;
       conn_at = connections[conn_at].next_of_peer)
    if (connections[conn_at].was_ready()) reputations.lasted(peer, connections[conn_at].ready_at);
  reputations.blame(peer, of, told);
}

void connection_manager::state::blame_end(connection_slot conn_at, const connection_outcome& end) {
  const connection& conn = connections[conn_at];
  const cause why = end.why;
  if (conn.way == direction::outbound) judge_attempt(conn_at, end);
  if (conn.peer == no_slot) return;
  if (conn.told) {
    // A ready connection that the peer ended in its own words.
    if (conn.was_ready()) reputations.postpone(conn.peer, end.retry_after);
    return;
  }
  failure_class what = class_of(why);
  if (conn.was_ready()) {
    if (conn.answer_by != never) return;  // its peer is there, it came again
    if (why != cause::liveness_lost && why != cause::transport_timeout &&
        why != cause::protocol_error && !dropped_unused(conn_at, why))
      return;
  } else {
    const bool dialled = conn.dial != no_slot && dials[conn.dial].adopted != conn_at;
    if (dialled && dials[conn.dial].peer != no_slot) return;
    if (!dialled && conn.way == direction::outbound) return;
    if (what == failure_class::none || what == failure_class::local_resource) return;
    // A peer that has a connection already drops one more when two dials cross.
    if (is_about_path(what) && peers[conn.peer].active > 0) return;
    if (what != failure_class::protocol) what = failure_class::handshake;
  }
  notification told = about(notice::backoff_started, conn_at);
  told.why = why;
  // Silent from the first probe that was not answered: until then nothing had to come.
  const duration quiet = why == cause::liveness_lost ? options.liveness_interval : duration{};
  blame(conn.peer, {what, why, {}, later(conn.last_received, quiet)}, told);
}

/// The peer let us in and then dropped the connection, without a word and before anything was made
/// of it: as good as a refusal. Not so what was used, which is over when it is, nor one of several.
bool connection_manager::state::dropped_unused(connection_slot conn_at, cause why) const {
  const connection& conn = connections[conn_at];
  return conn.way == direction::outbound && !conn.spoken && peers[conn.peer].active == 0 &&
         (why == cause::remote_closed || why == cause::reset) &&
         now < later(conn.ready_at, options.backoff_reset_after);
}

/// The outbound connection `conn_at` is over: what that says about its address.
void connection_manager::state::judge_attempt(connection_slot conn_at,
                                              const connection_outcome& end) {
  const connection& conn = connections[conn_at];
  const failure_class what = class_of(end.why);
  // That a dial took too long says nothing about the address it was at.
  const bool about_address = !conn.was_ready() && !conn.told && !end.local && is_about_path(what) &&
                             end.why != cause::dial_deadline;
  if (about_address) {
    const bool anyone = conn.dial != no_slot && dials[conn.dial].peer == no_slot;
    reputations.attempt_failed(conn.remote, {what, conn.last_received, anyone, conn.connected()});
  } else if ((conn.end == cause::dial_deadline || conn.end == cause::abandoned) &&
             !conn.connected()) {
    reputations.address_tried(conn.remote);
  }
  trial_over(conn_at);
}

/// The attempt `conn_at` is no trial of its subnet any more.
void connection_manager::state::trial_over(connection_slot conn_at) {
  connection& conn = connections[conn_at];
  if (std::exchange(conn.trial, false)) reputations.attempt_trial_over(conn.remote);
}

void connection_manager::state::on(const events::backoff_overridden& event) {
  const peer_slot peer = peers.find(event.peer);
  const bool held = reputations.override_backoff(peer);
  const bool redials = redial_soon(peer);
  if (held) settle(peer);
  if (!held && !redials) ignore();
}

void connection_manager::state::on(const events::network_changed&) {
  reputations.network_changed();
  if (!mutant(mutation::sleep_probes_nobody)) probe_everybody();
  forget_redials();
  redial_all_soon();
}

}  // namespace tandem
