// SPDX-License-Identifier: MIT
// What dials and connections say about peers, addresses, subnets and this node's own uplink.
#include "state.hpp"

#include <algorithm>

namespace tandem {
using namespace detail;
using slot = slot_index;

failure_record::verdict connection_manager::state::may_dial(slot peer) const {
  const failure_record* record = peers.record_of(peer);
  return record == nullptr ? failure_record::verdict{} : record->may_dial(now);
}

bool connection_manager::state::dial_starts(slot peer) {
  failure_record* record = peers.record_of(peer);
  if (record == nullptr) return false;
  if (record->dial_starts(now)) {
    notification n;
    n.kind = notice::circuit_half_opened;
    n.peer = peers[peer].id;
    n.failures = record->failures();
    notify(n);
  }
  return record->circuit(now) == circuit_state::half_open;
}

void connection_manager::state::blame(slot peer, cause why, bool feeds_breaker,
                                      duration retry_after, notification& n) {
  clear_if_proven(peer);
  failure_record& record = peers.remember(peer);
  const bool opened = record.failed(now, options, random, why, feeds_breaker, retry_after);
  n.failures = record.failures();
  n.ceiling = record.ceiling();
  n.until = std::max(now, record.next_dial());
  notification more = n;
  if (opened) {
    more.kind = notice::circuit_opened;
    notify(more);
  }
  more.kind = notice::backoff_started;
  more.until = record.until();
  notify(more);
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
