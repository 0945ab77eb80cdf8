// SPDX-License-Identifier: MIT
#include "state.hpp"

#include <utility>

namespace tandem {
using namespace detail;
using slot = slot_index;

/// Two joining dials in opposite directions: both ends keep the one dialled by the greater peer id.
/// Returns true when that decided about the inbound connection `s`.
bool connection_manager::state::resolve_crossing(slot s) {
  const slot peer = connections[s].peer;
  const slot d = joinable_dial(peer);
  if (d == no_slot || dials[d].adopted != no_slot) return false;
  const bool own_lives = lives(d);
  if (own_lives && self > peers[peer].id) {
    refuse_connection(s, cause::duplicate, 0, 0);
    return true;
  }
  const slot own = own_lives ? dials[d].leader : no_slot;
  if (own != no_slot && connections[own].at == phase::waiting) {
    take_turn(s, own);
    adopt(d, s);
    return true;
  }
  // The right of the own dial moves over, so that a limit of one lets exactly one connection
  // survive.
  const endpoint& where = connections[s].remote;
  const claim wanted = claim_of(s);
  permit* const right = own != no_slot ? &connections[own].right : nullptr;
  if (ledger.shortage_for(wanted, options, now, right).why != cause::none) return false;
  if (right != nullptr && *right) {
    move(*right, wanted, where);
    take_permit(s, std::move(*right));
  } else {
    take_permit(s, issue(wanted, where));
  }
  adopt(d, s);
  return true;
}

/// The dial waits for the inbound connection `s`; its own attempts give way.
void connection_manager::state::adopt(slot d, slot s) {
  dial& x = dials[d];
  stop_waiting(d);
  timers.disarm(timer_kind::dial, d);
  x.pausing = false;
  x.adopted = s;
  connections[s].dial = d;
  yield_attempts(d, s);
  recount(d);
}

}  // namespace tandem
