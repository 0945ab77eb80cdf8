// SPDX-License-Identifier: MIT
// Dials that wait for a trial, and attempts that make others wait.
#include "core/life/state.hpp"

#include <algorithm>
#include <utility>

namespace tandem {
using namespace detail;

namespace {

/// When the attempt, which may have connected, was silent for its patience. As those of ready ones,
/// this deadline is lazy: bytes only move it later.
time_point answer_due(const connection& attempt, const address_pool& addresses) {
  return later(attempt.last_received, patience(addresses.gave_way(attempt.address)));
}

}  // namespace

/// A trial that is under way or due decides: the dial waits for it, inside its own deadline.
void connection_manager::state::hold(dial_slot dial_at, const refusal& no) {
  line.hold(dial_at);
  dials[dial_at].held = no;
  if (no.until != never) timers.arm(node_timer::uplink, no.until);
}

/// Every other trial of a node that is offline is somebody who was reached before: of a long list
/// of the dead nobody ever was. The fewest turns first, then the latest.
void connection_manager::state::prefer_proven() {
  proven_trial = !proven_trial;
  if (!proven_trial) return;
  using rank = std::pair<std::uint32_t, duration>;
  rank best_rank;
  std::size_t best = released.size();
  for (std::size_t i = 0; i < released.size(); ++i) {
    const dial& dial = dials[released[i]];
    time_point worked = time_point::min();
    for (address_slot address_at = dial.addresses.first; address_at != no_slot;
         address_at = addresses.after(address_at))
      worked = std::max(worked, reputations.history(addresses.at(address_at)).worked_at);
    if (worked == time_point::min()) continue;
    const rank mine{dial.turns, -worked.time_since_epoch()};
    if (best < released.size() && !(mine < best_rank)) continue;
    best = i;
    best_rank = mine;
  }
  if (best < released.size()) std::swap(released.front(), released[best]);
}

/// Looks again at the dials that wait for a trial, first in rank first: those that it let down are
/// refused, and one whose peer has a connection meanwhile joins that.
void connection_manager::state::serve_held() {
  line.release(released);
  if (!released.empty() && reputations.uplink_trial_is_due()) prefer_proven();
  for (const dial_slot dial_at : released) {
    const dial& dial = dials[dial_at];
    connection_slot ready;
    if (dial.mode == dial_mode::join && dial.peer != no_slot)
      ready = oldest(dial.peer, phase::ready);
    if (ready != no_slot)
      succeed_dial(dial_at, ready);
    else
      proceed(dial_at);
  }
  released.clear();
}

void connection_manager::state::wait_for_answer(connection_slot conn_at) {
  const connection& conn = connections[conn_at];
  timers.arm(conn_at, std::min(conn.due, answer_due(conn, addresses)));
}

bool connection_manager::state::was_silent(connection_slot attempt) const {
  return now >= answer_due(connections[attempt], addresses);
}

void connection_manager::state::attempt_expired(connection_slot conn_at) {
  const connection& conn = connections[conn_at];
  if (now >= conn.due)
    return cut(conn_at, conn.connected() ? cause::handshake_timeout : cause::attempt_timeout);
  if (!was_silent(conn_at)) return wait_for_answer(conn_at);
  timers.arm(conn_at, conn.due);
  if (!conn.told) line.may_give_way(conn_at, conn.turn, conn.dial);
}

/// It said something, if not yet who it is: it has its patience anew.
void connection_manager::state::attempt_heard(connection_slot conn_at) {
  if (!line.may_give_way(conn_at)) return;
  line.stays(conn_at);
  wait_for_answer(conn_at);
}

/// The host had no descriptor for an attempt of the dial, which was no turn: whether somebody made
/// room, or it waits for one as for a place while attempts of ours are under way.
bool connection_manager::state::may_find_descriptor(dial_slot dial_at) {
  dial& dial = dials[dial_at];
  const auto [no, oldest] = gate.descriptor_crowd(direction::outbound, dial.turns > 1 ? 1 : 0);
  if (oldest == no_slot && counters.pending_outbound == 0) return false;
  --dial.turns;
  if (oldest != no_slot)
    refuse(oldest, no);
  else
    gate.descriptors_out(true);
  return true;
}

/// The silent attempt leaves its place to another dial or an arrival; its own goes on later.
void connection_manager::state::give_way(connection_slot conn_at) {
  connection& conn = connections[conn_at];
  conn.gave_way = conn.yielded = true;
  ++giving_way;
  addresses.give_way(conn.address);
  cut(conn_at, cause::pending_limit_reached);
}

}  // namespace tandem
