// SPDX-License-Identifier: MIT
// What dials and connections say about peers, addresses, subnets and this node's own uplink.
#include "state.hpp"

#include <algorithm>

namespace tandem {
using namespace detail;
using slot = slot_index;

failure_record::verdict connection_manager::state::may_dial(slot peer) const {
  const failure_record* record = peers.record_of(peer);
  return record == nullptr ? failure_record::verdict{} : record->may_dial(now, options);
}

failure_record::verdict connection_manager::state::may_accept(slot peer) const {
  const failure_record* record = peers.record_of(peer);
  return record == nullptr ? failure_record::verdict{} : record->may_accept(now);
}

bool connection_manager::state::dial_starts(slot peer) {
  failure_record* record = peers.record_of(peer);
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

void connection_manager::state::trial_over(slot peer) {
  if (failure_record* record = peers.record_of(peer)) record->trial_ends();
}

void connection_manager::state::blame(slot peer, failure_class what, cause why,
                                      duration retry_after, notification& n) {
  clear_if_proven(peer);
  failure_record& record = peers.remember(peer);
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

void connection_manager::state::penalise(slot peer, duration period) {
  if (period > duration::zero()) peers.remember(peer).penalise(later(now, period));
}

void connection_manager::state::blame_end(slot s, cause why) {
  const connection& c = connections[s];
  if (c.peer == no_slot || c.refused) return;
  if (c.told) {
    // A ready connection that the peer ended in its own words.
    if (c.was_ready && c.retry_after > duration::zero())
      peers.remember(c.peer).postpone(
          later(now, std::min(c.retry_after, options.breaker_open_max)));
    return;
  }
  failure_class what = class_of(why);
  if (c.was_ready) {
    if (why != cause::liveness_lost && why != cause::transport_timeout &&
        why != cause::protocol_error)
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
  blame(c.peer, what, why, {}, n);
}

void connection_manager::state::proven(slot s) {
  failure_record* record = peers.record_of(connections[s].peer);
  if (record == nullptr || !record->succeeded()) return;
  notification n = about(notice::circuit_closed, s);
  n.failures = record->failures(now, options);
  notify(n);
}

bool connection_manager::state::clear_if_proven(slot peer) {
  failure_record* record = peers.record_of(peer);
  if (record == nullptr) return false;
  for (slot s = peers[peer].first_connection; s != no_slot; s = connections[s].next_of_peer) {
    const connection& c = connections[s];
    if (!c.was_ready || now < later(c.ready_at, options.backoff_reset_after)) continue;
    record->clear();
    return true;
  }
  return false;
}

void connection_manager::state::attempt_over(const endpoint&, const connection_end&) {}

void connection_manager::state::life_sign() {}

}  // namespace tandem
