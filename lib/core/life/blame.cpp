// SPDX-License-Identifier: MIT
// What dials and connections say about peers.
#include "core/life/state.hpp"

#include <algorithm>

namespace tandem {
using namespace detail;

refusal connection_manager::state::guard_refusal(peer_slot peer, time_point at) const {
  const auto no = uplink_refusal(at);
  return no.why != cause::none ? no : record_refusal(peer, at);
}

refusal connection_manager::state::uplink_refusal(time_point at) const {
  if (!uplink.offline() || at >= uplink.next_trial()) return {};
  return {.why = cause::offline, .until = uplink.next_trial()};
}

refusal connection_manager::state::record_refusal(peer_slot peer, time_point at) const {
  const failure_record* record = peers.record_of(peer);
  return record == nullptr ? refusal{} : record->dial_refusal(at, options);
}

refusal connection_manager::state::accept_refusal(peer_slot peer) const {
  const failure_record* record = peers.record_of(peer);
  return record == nullptr ? refusal{} : record->accept_refusal(now);
}

/// The record of the peer, or null when it has none or all in it is over: that it is still there
/// then must not be seen.
failure_record* connection_manager::state::remembered(peer_slot peer) {
  failure_record* record = peers.record_of(peer);
  return record == nullptr || record->blank(now, options) ? nullptr : record;
}

/// The record of the peer, made anew when there is none or all in it is over.
failure_record& connection_manager::state::remember(peer_slot peer) {
  failure_record& record = peers.remember(peer);
  if (record.blank(now, options)) record = {};
  return record;
}

bool connection_manager::state::dial_starts(peer_slot peer) {
  failure_record* record = remembered(peer);
  if (record == nullptr) return false;
  const circuit_breaker::start start = record->dial_starts(now);
  if (start.half_opened) {
    notification n;
    n.kind = notice::circuit_half_opened;
    n.peer = peers[peer].id;
    n.failures = record->failures(now, options);
    notify(n);
  }
  return start.trial;
}

void connection_manager::state::trial_over(peer_slot peer) {
  if (failure_record* record = peers.record_of(peer)) record->trial_ends();
}

void connection_manager::state::blame(peer_slot peer, failure_class what, cause why,
                                      duration retry_after, time_point since, notification& n) {
  for (connection_slot s = peers[peer].first_connection; s != no_slot;
       s = connections[s].next_of_peer)
    clear_if_proven(s);
  if (what == failure_class::timeout && why != cause::dial_deadline) {
    const failure_record* before = peers.record_of(peer);
    suspect_uplink({peers[peer].id, {}, before == nullptr ? failure_record{} : *before}, since);
  }
  if (uplink.offline()) {
    const failure_record* record = peers.record_of(peer);
    n.failures = record == nullptr ? 0 : record->failures(now, options);
    n.until = std::max(now, uplink.next_trial());
    return;
  }
  failure_record& record = remember(peer);
  const bool opened = record.failed(now, options, random, why, what, retry_after);
  n.failures = record.failures(now, options);
  n.ceiling = record.ceiling();
  n.until = std::max(now, record.next_dial(now));
  notification more = n;
  if (opened) {
    more.kind = notice::circuit_opened;
    notify(more);
  }
  more.kind = notice::backoff_started;
  more.until = record.until();
  notify(more);
}

void connection_manager::state::penalise(peer_slot peer, duration period) {
  if (period > duration::zero()) remember(peer).penalise(later(now, period));
}

void connection_manager::state::blame_end(connection_slot s, const connection_outcome& end) {
  const connection& c = connections[s];
  const cause why = end.why;
  if (c.way == direction::outbound) attempt_over(s, end);
  if (c.peer == no_slot) return;
  if (c.told) {
    // A ready connection that the peer ended in its own words.
    if (c.was_ready() && c.retry_after > duration::zero())
      remember(c.peer).postpone(later(now, std::min(c.retry_after, options.breaker_open_max)));
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
  blame(c.peer, what, why, {}, later(c.last_received, quiet), n);
}

/// The peer let us in and then dropped the connection, without a word and before anything was made
/// of it: as good as a refusal. Not so what was used, which is over when it is, nor one of several.
bool connection_manager::state::dropped_unused(connection_slot s, cause why) const {
  const connection& c = connections[s];
  return c.way == direction::outbound && !c.spoken && peers[c.peer].active == 0 &&
         (why == cause::remote_closed || why == cause::reset) &&
         now < later(c.ready_at, options.backoff_reset_after);
}

void connection_manager::state::proven(connection_slot s) {
  if (connections[s].way == direction::outbound) {
    known_addresses.clear(connections[s].remote);
    counters.remembered_addresses = known_addresses.size();
  }
  failure_record* record = remembered(connections[s].peer);
  if (record == nullptr || !record->succeeded()) return;
  notification n = about(notice::circuit_closed, s);
  n.failures = record->failures(now, options);
  notify(n);
}

void connection_manager::state::clear_if_proven(connection_slot s) {
  const connection& c = connections[s];
  failure_record* record = peers.record_of(c.peer);
  if (!c.was_ready() || record == nullptr) return;
  // One that lasts excuses nothing that the peer did meanwhile, on others.
  const time_point since = std::max(c.ready_at, record->last_failure());
  if (now >= later(since, options.backoff_reset_after)) record->clear();
}

void connection_manager::state::on(const events::backoff_overridden& e) {
  const peer_slot peer = peers.find(e.peer);
  failure_record* record = remembered(peer);
  if (record != nullptr) record->override_backoff();
  const bool redials = redial_soon(peer);
  if (record != nullptr) settle(peer);
  if (record == nullptr && !redials) ignore();
}

}  // namespace tandem
