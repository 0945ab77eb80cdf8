// SPDX-License-Identifier: MIT
// Protected peers without a connection are dialled again and again, by the core itself. These
// requests, one a peer and so bounded by max_marked_peers, take no place in the application's line.
#include "core/life/state.hpp"

#include <algorithm>

namespace tandem {
using namespace detail;
using slot = slot_index;

bool connection_manager::state::wants_redial(slot peer) const {
  return peer != no_slot && !stopping && peers.is_protected(peer, now) && !peers[peer].engaged() &&
         peers[peer].id != self;
}

/// At least backoff_base from now, with jitter, and not before the peer's own backoff is over; more
/// and more when nobody knows an address.
time_point connection_manager::state::redial_at(slot peer) {
  const std::uint32_t unresolved = peers[peer].unresolved;
  const duration spread = std::max(options.backoff_base, backoff_ceiling(options, unresolved + 1));
  const duration jitter(random.up_to(static_cast<std::uint64_t>(spread.count())));
  const time_point at = later(now, options.backoff_base + jitter);
  const failure_record* record = peers.record_of(peer);
  return record == nullptr ? at : std::max(at, record->next_dial(now));
}

/// The peer may have lost its last connection or dial.
void connection_manager::state::tend(slot peer) {
  if (!wants_redial(peer)) return timers.disarm(timer_kind::peer, peer);
  if (timers.armed(timer_kind::peer, peer) == never)
    timers.arm(timer_kind::peer, peer, redial_at(peer));
}

bool connection_manager::state::redial_soon(slot peer) {
  if (!wants_redial(peer)) return false;
  timers.arm(timer_kind::peer, peer, now);
  return true;
}

void connection_manager::state::redial_all_soon() {
  for (slot peer = 0; peer < peers.bound(); ++peer) redial_soon(peer);
}

void connection_manager::state::stop_redialling() {
  for (slot peer = 0; peer < peers.bound(); ++peer) timers.disarm(timer_kind::peer, peer);
}

void connection_manager::state::redial(slot peer) {
  if (!wants_redial(peer)) return settle(peer);
  const auto again = [&](time_point at) { timers.arm(timer_kind::peer, peer, at); };
  // A ban may end without an event.
  if (access_rules.of(peers[peer].id, now) == access::denied)
    return again(later(now, options.backoff_cap));
  if (const shortage no = dial_verdict(peer, now); no.why != cause::none)
    return again(no.until == never ? redial_at(peer) : std::max(no.until, later(now, duration(1))));
  events::dial_wanted e;
  e.request = core_issued(++last_redial);
  e.peer = peers[peer].id;
  begin_dial(e);
}

}  // namespace tandem
