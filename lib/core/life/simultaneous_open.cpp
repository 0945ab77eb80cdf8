// SPDX-License-Identifier: MIT
#include "core/life/state.hpp"
#include "core/mutant.hpp"

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
bool connection_manager::state::promises(dial_slot dial_at) const {
  bool lives = false;
  for (connection_slot conn_at = dials[dial_at].first_attempt; conn_at != no_slot;
       conn_at = connections[conn_at].next_of_dial) {
    const connection& conn = connections[conn_at];
    if (conn.is_over()) continue;
    if (conn.connected()) return true;
    if (now >= later(conn.last_received, unanswered_patience)) return false;
    lives = true;
  }
  return lives;
}

/// Two joining dials in opposite directions: both ends keep the one dialled by the greater peer id.
/// Returns true when that decided about the inbound connection `conn_at`.
bool connection_manager::state::resolve_simultaneous_open(connection_slot conn_at) {
  const peer_slot peer = connections[conn_at].peer;
  const dial_slot dial_at = joinable_dial(peer);
  if (dial_at == no_slot || dials[dial_at].adopted != no_slot) return false;
  const bool own_lives = lives(dial_at);
  const bool ours_stays = self > peers[peer].id || mutant(mutation::both_ends_refuse_duplicates);
  if (ours_stays && promises(dial_at)) {
    refuse(conn_at, {cause::duplicate});
    return true;
  }
  const connection_slot own = own_lives ? dials[dial_at].leader : no_slot;
  if (own != no_slot && connections[own].at == phase::waiting) {
    take_turn(conn_at, own);
    adopt(dial_at, conn_at);
    return true;
  }
  // The right of the own dial moves over, so that a limit of one lets exactly one connection
  // survive.
  const claim wanted = claim_of(connections[conn_at]);
  if (own == no_slot || !connections[own].right) {
    if (gate.permit_refusal(wanted)) return false;
    take_permit(conn_at, gate.issue(wanted));
  } else {
    if (gate.refusal_instead(connections[own], wanted)) return false;
    connections[own].holds = false;
    --holders;
    take_permit(conn_at, gate.hand_over(connections[own], wanted));
  }
  adopt(dial_at, conn_at);
  return true;
}

/// The dial waits for the inbound connection `conn_at`; its own attempts give way.
void connection_manager::state::adopt(dial_slot dial_at, connection_slot conn_at) {
  dial& dial = dials[dial_at];
  line.leave(dial_at);
  dial.stage = dial_stage::yielding;
  timers.disarm(dial_at);
  dial.adopted = conn_at;
  connections[conn_at].dial = dial_at;
  yield_attempts(dial_at, conn_at);
  line.recount(dial_at);
}

}  // namespace tandem
