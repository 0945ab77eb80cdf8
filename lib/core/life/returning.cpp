// SPDX-License-Identifier: MIT
// A peer that comes again while its own connections take its places. Mostly it crashed, or moved to
// another address, and nobody told this node: what it had is dead, and the newcomer waits until
// that shows. What lives keeps its place.
#include "core/life/liveness.hpp"
#include "core/life/state.hpp"
#include "core/mutant.hpp"

namespace tandem {
using namespace detail;

namespace {

/// Its place will be free soon, and is nobody else's.
bool is_leaving(const connection& conn) noexcept {
  return !conn.victim && (conn.at == phase::closing || conn.is_over());
}

bool is_asked(const connection& conn) noexcept {
  return conn.at == phase::ready && conn.answer_by != never;
}

/// Neither has it acknowledged anything, where something was said.
bool has_not_answered(const connection& conn, time_point now) noexcept {
  return now >= conn.answer_by && (conn.answer_asked || !conn.unacknowledged);
}

}  // namespace

bool connection_manager::state::wait_for_own_place(connection_slot conn_at) {
  const connection& conn = connections[conn_at];
  if (conn.way == direction::outbound || peers[conn.peer].returning != no_slot) return false;
  bool hopes = false;
  for (connection_slot other = peers[conn.peer].first_connection; other != no_slot;
       other = connections[other].next_of_peer)
    if (is_in_place_of(other, conn)) hopes |= ask_whether_it_lives(other, conn);
  if (!hopes) return false;
  peers[conn.peer].returning = conn_at;
  wait(conn_at);
  look_again(conn.peer);  // one may have owed its answer to the last newcomer already
  return true;
}

/// Whether `newcomer` would have a place without `other`, of the same peer.
bool connection_manager::state::is_in_place_of(connection_slot other, const connection& newcomer) {
  const connection& old = connections[other];
  return old.right && !gate.refusal_instead(old, claim_of(newcomer));
}

/// Asked once until it is heard, so that newcomers cannot have a peer sent more than one probe
/// each. False when it stays: it can be neither asked nor is on its way out, or is known to live.
bool connection_manager::state::ask_whether_it_lives(connection_slot conn_at,
                                                     const connection& newcomer) {
  connection& conn = connections[conn_at];
  const time_point answer_by = later(now, answer_wait(conn, now - newcomer.arrived));
  if (conn.at == phase::closing && is_leaving(conn) && answer_by < timers.armed(conn_at))
    timers.arm(conn_at, answer_by);  // its peer was asked to let go
  if (conn.at != phase::ready) return is_leaving(conn);
  if (is_asked(conn)) return true;
  if (conn.last_received >= newcomer.arrived) return false;
  conn.asked_at = now;
  conn.answer_asked = false;
  conn.answer_by = answer_by;
  if (!mutant(mutation::old_place_not_probed)) emit(actions::probe{conn.id, ++conn.nonce});
  sooner(conn_at);
  return true;
}

void connection_manager::state::look_again(peer_slot peer) {
  const connection_slot conn_at = peers[peer].returning;
  if (conn_at == no_slot || serve_newcomer(conn_at)) return;
  bool hopes = false;
  connection_slot silent;
  for (connection_slot other = peers[peer].first_connection; other != no_slot;
       other = connections[other].next_of_peer) {
    if (!is_in_place_of(other, connections[conn_at])) continue;
    if (is_leaving(connections[other])) return;  // one place is enough
    if (!is_asked(connections[other])) continue;
    hopes = true;
    if (silent == no_slot && has_not_answered(connections[other], now)) silent = other;
  }
  if (silent != no_slot) return cut(silent, cause::liveness_lost);
  if (hopes) return;
  const refusal no = gate.permit_refusal(claim_of(connections[conn_at]));
  if (!evict_for(conn_at, no)) refuse_newcomer(conn_at);
}

}  // namespace tandem
