// SPDX-License-Identifier: MIT
#include "core/life/state.hpp"

#include <utility>

namespace tandem {
using namespace detail;

namespace {

// An attempt that nobody answered for so long does not make us refuse the peer's own connection:
// two retransmissions of a SYN are lost as well by then (RFC 6298, 5.5: after 1 s and 3 s).
constexpr duration unanswered_patience = std::chrono::seconds(3);

}  // namespace

/// Whether own attempts of the dial are more than SYNs into the void. That they give way is safe:
/// the peer cannot have authenticated what is not connected here.
bool connection_manager::state::promises(dial_slot d) const {
  bool lives = false;
  for (connection_slot s = dials[d].first_attempt; s != no_slot; s = connections[s].next_of_dial) {
    const connection& c = connections[s];
    if (c.is_over()) continue;
    if (c.connected()) return true;
    if (now >= later(c.last_received, unanswered_patience)) return false;
    lives = true;
  }
  return lives;
}

/// Two joining dials in opposite directions: both ends keep the one dialled by the greater peer id.
/// Returns true when that decided about the inbound connection `s`.
bool connection_manager::state::resolve_simultaneous_open(connection_slot s) {
  const peer_slot peer = connections[s].peer;
  const dial_slot d = joinable_dial(peer);
  if (d == no_slot || dials[d].adopted != no_slot) return false;
  const bool own_lives = lives(d);
  if (self > peers[peer].id && promises(d)) {
    refuse(s, {cause::duplicate});
    return true;
  }
  const connection_slot own = own_lives ? dials[d].leader : no_slot;
  if (own != no_slot && connections[own].at == phase::waiting) {
    take_turn(s, own);
    adopt(d, s);
    return true;
  }
  // The right of the own dial moves over, so that a limit of one lets exactly one connection
  // survive.
  const claim wanted = claim_of(connections[s]);
  permit none;
  permit& right = own != no_slot ? connections[own].right : none;
  if (gate.refusal_instead(right, wanted)) return false;
  if (right) {
    gate.move(right, wanted);
    connections[own].holds = false;
    --holders;
    take_permit(s, std::move(right));
  } else {
    take_permit(s, gate.issue(wanted));
  }
  adopt(d, s);
  return true;
}

/// The dial waits for the inbound connection `s`; its own attempts give way.
void connection_manager::state::adopt(dial_slot d, connection_slot s) {
  dial& x = dials[d];
  line.leave(d);
  x.stage = dial_stage::yielding;
  timers.disarm(d);
  x.adopted = s;
  connections[s].dial = d;
  yield_attempts(d, s);
  line.recount(d);
}

}  // namespace tandem
