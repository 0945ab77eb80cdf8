// SPDX-License-Identifier: MIT
// Protected peers without a connection are dialled again and again, by the core itself. These
// requests, one a peer and so bounded by max_marked_peers, take no place in the application's line.
#include "core/life/state.hpp"
#include "core/mutant.hpp"
#include "core/policy/jitter.hpp"

#include <algorithm>

namespace tandem {
using namespace detail;

bool connection_manager::state::wants_redial(peer_slot peer) const {
  return peer != no_slot && !stopping && peers.is_protected(peer, now) && !peers[peer].engaged() &&
         peers[peer].id != self;
}

/// backoff_base and a part of `spread` from now, and not before the peer may be tried again; more
/// and more when nobody knows an address.
time_point connection_manager::state::redial_at(peer_slot peer, duration spread) {
  const std::uint32_t unresolved = peers[peer].unresolved;
  if (unresolved > 0) spread = backoff_ceiling(options, unresolved + 1);
  const time_point at = later(now, options.backoff_base + uniform({}, spread, random));
  const failure_record* record = peers.record_of(peer);
  return record == nullptr ? at : std::max(at, record->next_dial(now));
}

/// The peer may have lost its last connection or dial.
void connection_manager::state::tend(peer_slot peer) {
  if (!wants_redial(peer)) return timers.disarm(peer);
  if (timers.armed(peer) == never) timers.arm(peer, redial_at(peer, options.start_spread));
}

/// Whoever else had a connection with the peer lost it in the same instant, and dials that nobody
/// answers take attempt_timeout each: without more spread they would all come in step until the
/// circuits open.
void connection_manager::state::redial_after_silence(peer_slot peer) {
  if (mutant(mutation::silence_not_spread)) return;
  if (wants_redial(peer)) timers.arm(peer, redial_at(peer, silence_spread(options)));
}

/// The peer is protected from now on: many nodes that start together say so at one time.
void connection_manager::state::redial_first(peer_slot peer) {
  if (!wants_redial(peer)) return;
  const duration spread = mutant(mutation::start_not_spread) ? duration{} : options.start_spread;
  const time_point at = later(now, uniform({}, spread, random));
  timers.arm(peer, std::min(at, timers.armed(peer)));
}

bool connection_manager::state::redial_soon(peer_slot peer) {
  if (!wants_redial(peer)) return false;
  timers.arm(peer, now);
  return true;
}

void connection_manager::state::redial_all_soon() {
  for (const peer_slot peer : peers) redial_soon(peer);
}

/// Peers that were protected once may be forgotten now; their slots are for others.
void connection_manager::state::forget_redials() {
  for (std::uint32_t i = 0; i < peers.bound(); ++i)
    if (!wants_redial(peer_slot(i))) timers.disarm(peer_slot(i));
}

void connection_manager::state::redial(peer_slot peer) {
  if (!wants_redial(peer)) return settle(peer);
  const auto again = [&](time_point at) { timers.arm(peer, at); };
  // A ban may end without an event.
  if (gate.denies(peers[peer].id, now)) return again(later(now, options.backoff_cap));
  if (const refusal no = dial_refusal(peer, now); no && !no.waits)
    return again(no.until == never ? redial_at(peer, options.start_spread)
                                   : std::max(no.until, later(now, duration(1))));
  events::dial_wanted event;
  event.request = core_issued(++last_redial);
  event.peer = peers[peer].id;
  begin_dial(event);
}

}  // namespace tandem
