// SPDX-License-Identifier: MIT
// What the ends of dials and connections say about others: to be held against them or not.
#include "core/life/state.hpp"

#include <utility>

namespace tandem {
using namespace detail;

void connection_manager::state::blame(peer_slot peer, const reputation::fault& of,
                                      notification& told) {
  for (connection_slot s = peers[peer].first_connection; s != no_slot;
       s = connections[s].next_of_peer)
    if (connections[s].was_ready()) reputations.lasted(peer, connections[s].ready_at);
  reputations.blame(peer, of, told);
}

void connection_manager::state::blame_end(connection_slot s, const connection_outcome& end) {
  const connection& c = connections[s];
  const cause why = end.why;
  if (c.way == direction::outbound) judge_attempt(s, end);
  if (c.peer == no_slot) return;
  if (c.told) {
    // A ready connection that the peer ended in its own words.
    if (c.was_ready()) reputations.postpone(c.peer, c.retry_after);
    return;
  }
  failure_class what = class_of(why);
  if (c.was_ready()) {
    if (why != cause::liveness_lost && why != cause::transport_timeout &&
        why != cause::protocol_error && !dropped_unused(s, why))
      return;
  } else {
    const bool dialled = c.dial != no_slot && dials[c.dial].adopted != s;
    if (dialled && dials[c.dial].peer != no_slot) return;
    if (!dialled && c.way == direction::outbound) return;
    if (what == failure_class::none || what == failure_class::local_resource) return;
    // A peer that has a connection already drops one more when two dials cross.
    if (is_about_path(what) && peers[c.peer].active > 0) return;
    if (what != failure_class::protocol) what = failure_class::handshake;
  }
  notification n = about(notice::backoff_started, s);
  n.why = why;
  // Silent from the first probe that was not answered: until then nothing had to come.
  const duration quiet = why == cause::liveness_lost ? options.liveness_interval : duration{};
  blame(c.peer, {what, why, {}, later(c.last_received, quiet)}, n);
}

/// The peer let us in and then dropped the connection, without a word and before anything was made
/// of it: as good as a refusal. Not so what was used, which is over when it is, nor one of several.
bool connection_manager::state::dropped_unused(connection_slot s, cause why) const {
  const connection& c = connections[s];
  return c.way == direction::outbound && !c.spoken && peers[c.peer].active == 0 &&
         (why == cause::remote_closed || why == cause::reset) &&
         now < later(c.ready_at, options.backoff_reset_after);
}

/// The outbound connection `s` is over: what that says about its address.
void connection_manager::state::judge_attempt(connection_slot s, const connection_outcome& end) {
  const connection& c = connections[s];
  const failure_class what = class_of(end.why);
  // That a dial took too long says nothing about the address it was at.
  const bool about_address = !c.was_ready() && !c.told && !end.local && is_about_path(what) &&
                             end.why != cause::dial_deadline;
  if (about_address) {
    const bool anyone = c.dial != no_slot && dials[c.dial].peer == no_slot;
    reputations.attempt_failed(c.remote, {what, c.last_received, anyone, c.connected()});
  }
  trial_over(s);
}

/// The attempt `s` is no trial of its subnet any more.
void connection_manager::state::trial_over(connection_slot s) {
  connection& c = connections[s];
  if (std::exchange(c.trial, false)) reputations.attempt_trial_over(c.remote);
}

void connection_manager::state::on(const events::backoff_overridden& e) {
  const peer_slot peer = peers.find(e.peer);
  const bool held = reputations.override_backoff(peer);
  const bool redials = redial_soon(peer);
  if (held) settle(peer);
  if (!held && !redials) ignore();
}

void connection_manager::state::on(const events::network_changed&) {
  reputations.network_changed();
  forget_redials();
  redial_all_soon();
}

}  // namespace tandem
