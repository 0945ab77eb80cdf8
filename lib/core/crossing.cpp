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
  const slot own = dials[d].attempt;
  const bool own_lives = own != no_slot && connections[own].at != phase::ending;
  if (own_lives && self > peers[peer].id) {
    refuse_connection(s, cause::duplicate, 0, 0);
    return true;
  }
  if (own_lives && connections[own].right) {
    // The right moves over, so that a limit of one lets exactly one connection survive.
    take_permit(s, std::move(connections[own].right));
  } else {
    if (ledger.shortage_for(peer, options).why != cause::none) return false;
    take_permit(s, ledger.issue(peer));
  }
  adopt(d, s);
  if (own_lives) supersede(own);
  return true;
}

void connection_manager::state::adopt(slot d, slot s) {
  dial& x = dials[d];
  stop_waiting(d);
  timers.disarm(timer_kind::dial, d);
  x.pausing = false;
  x.adopted = s;
  connections[s].dial = d;
  // Should the adopted connection fail, the dial tries the same address again.
  if (x.attempt != no_slot) x.next_address = x.tried_address;
  recount(d);
}

void connection_manager::state::supersede(slot own) {
  connection& c = connections[own];
  if (c.at == phase::authenticated)
    c.at = phase::superseded;
  else
    cut(own, cause::duplicate);
}

}  // namespace tandem
