// SPDX-License-Identifier: MIT
// The attempts of dials: several at one time (RFC 8305, section 5), and who has to wait.
#include "core/life/state.hpp"

#include <algorithm>
#include <array>

namespace tandem {
using namespace detail;

/// Why nothing may be dialled at `address` for `peer` (no_slot: whoever answers). Asked for each
/// address of a dial right before its attempt. When none was tried and none is left, the dial fails
/// with the last of them, as a refusal of this node that blames nobody.
refusal connection_manager::state::address_refusal(const endpoint& address, peer_slot peer) const {
  if (gate.denies(peer == no_slot ? peer_id{} : peers[peer].id, address)) return {cause::denied};
  if (const refusal no = reputations.attempt_refusal(peer, address)) return no;
  return gate.address_refusal(peer, address);
}

/// Those that are refused are left out for good.
address_choice connection_manager::state::choose_address(dial_slot dial_at) {
  dial& dial = dials[dial_at];
  std::array<address_candidate, 2> best_and_next;
  const bool exhausted = address_pool::exhausted(dial.addresses);
  address_choice out;
  for (address_slot address_at = dial.addresses.first; address_at != no_slot;
       address_at = addresses.after(address_at)) {
    if (addresses.state(address_at) != address_state::untried) continue;
    if (exhausted && !addresses.tried(address_at)) continue;
    const endpoint& address = addresses.at(address_at);
    if (dial.only_new && !addresses.tried(address_at) && !reputations.never_failed(address))
      continue;
    if (const refusal no = address_refusal(address, dial.peer)) {
      if (no.waits) {
        if (no.until <= out.held.until) out.held = no;
        continue;
      }
      addresses.set(address_at, address_state::failed);
      dial.left_out = no;
      continue;
    }
    best_and_next[1] = {family_of(address), addresses.proven(address_at),
                        addresses.gave_way(address_at) > 0, reputations.history(address)};
    if (out.address != no_slot && next_address(best_and_next, dial.last_family) == 0) continue;
    best_and_next[0] = best_and_next[1];
    out.address = address_at;
  }
  return out;
}

void connection_manager::state::start_attempt(dial_slot dial_at, address_slot address) {
  const connection_slot conn_at = connections.take();
  connection& conn = connections[conn_at];
  dial& dial = dials[dial_at];
  const bool first = !dial.started();
  conn.id = static_cast<connection_id>(next_attempt);
  next_attempt += 2;
  conn.dial = dial_at;
  conn.address = address;
  conn.remote = addresses.at(address);
  conn.last_received = now;  // nothing since then
  by_connection.insert(hash_of_id(conn.id), conn_at);
  conn.next_of_dial = dial.first_attempt;
  if (dial.first_attempt != no_slot) connections[dial.first_attempt].previous_of_dial = conn_at;
  dial.first_attempt = conn_at;
  ++dial.attempts;
  conn.turn = ++dial.turns;
  dial.stage = dial_stage::attempting;
  if (dial.peer != no_slot) {
    ++peers[dial.peer].attempts;
    peers[dial.peer].unresolved = 0;
  }
  line.recount(dial_at);
  addresses.try_at(dial.addresses, address);
  dial.last_family = family_of(conn.remote);
  dial.next_attempt_at = later(now, options.attempt_delay);
  gate.enter_subnets(conn);
  conn.trial = reputations.attempt_starts(dial.peer, conn.remote);
  gate.enter_pending(connections, conn_at);
  conn.due = later(now, options.attempt_timeout);
  wait_for_answer(conn_at);
  if (const address_choice next = choose_address(dial_at); next.address != no_slot || next.held)
    timers.arm(dial_at, dial.next_attempt_at);

  emit(actions::start_attempt{conn.id, dial.peer == no_slot ? peer_id{} : peers[dial.peer].id,
                              conn.remote, options.attempt_timeout});
  if (!first) return;
  notification told = about(notice::dial_started, conn_at);
  for (request_slot request_at = dial.first_request; request_at != no_slot;
       request_at = requests[request_at].next_of_dial) {
    told.request = requests[request_at].id;
    notify(told);
  }
}

void connection_manager::state::on(const events::attempt_connected& event) {
  const connection_slot conn_at = find(event.attempt);
  if (conn_at == no_slot) return ignore();
  connection& conn = connections[conn_at];
  if (conn.at == phase::cancelled) {
    // It crossed our cancel_attempt.
    emit(actions::abort{conn.id, conn.end});
    return;
  }
  if (conn.at != phase::attempting) return ignore();
  reputations.life_sign(now);
  reputations.attempt_connected(conn.remote);
  trial_over(conn_at);
  line.stays(conn_at);
  conn.at = phase::handshaking;
  conn.arrived = conn.last_received = now;
  conn.due = later(now, options.handshake_timeout);
  wait_for_answer(conn_at);
  lead(conn.dial, conn_at);
  emit(actions::admit{conn.id, stage::handshake});
}

void connection_manager::state::on(const events::attempt_failed& event) {
  const connection_slot conn_at = find(event.attempt);
  if (conn_at == no_slot) return ignore();
  end_connection(conn_at, event.why, event.local, event.retry_after);
}

/// The attempt `conn_at` connected first: the others give way.
void connection_manager::state::lead(dial_slot dial_at, connection_slot conn_at) {
  dial& dial = dials[dial_at];
  line.leave(dial_at);
  dial.stage = dial_stage::upgrading;
  timers.disarm(dial_at);
  addresses.prove(connections[conn_at].address);
  yield_attempts(dial_at, conn_at);
  dial.leader = conn_at;
  --dial.attempts;
  attempt_gone(dial.peer);
}

/// Whether an attempt of the dial, connected or not, may still become a connection.
bool connection_manager::state::lives(dial_slot dial_at) const {
  for (connection_slot conn_at = dials[dial_at].first_attempt; conn_at != no_slot;
       conn_at = connections[conn_at].next_of_dial)
    if (!connections[conn_at].is_over()) return true;
  return false;
}

/// `winner` takes the place of the other connections of the dial; their addresses remain to be
/// tried, should it fail.
void connection_manager::state::yield_attempts(dial_slot dial_at, connection_slot winner) {
  for (connection_slot conn_at = dials[dial_at].first_attempt; conn_at != no_slot;
       conn_at = connections[conn_at].next_of_dial) {
    connection& conn = connections[conn_at];
    if (conn_at == winner || (conn.at != phase::attempting && conn.at != phase::handshaking &&
                              conn.at != phase::waiting && conn.at != phase::authenticated))
      continue;
    conn.yielded = true;
    addresses.set(conn.address, address_state::untried);
    if (conn.at == phase::authenticated)
      conn.at = phase::superseded;
    else
      cut(conn_at, cause::duplicate);
  }
}

/// The connection ends, or its dial does.
void connection_manager::state::detach_attempt(connection_slot conn_at) {
  connection& conn = connections[conn_at];
  dial& dial = dials[conn.dial];
  conn.dial = no_slot;
  if (conn.address == no_slot) return;  // an adopted one
  (conn.previous_of_dial == no_slot ? dial.first_attempt
                                    : connections[conn.previous_of_dial].next_of_dial) =
      conn.next_of_dial;
  if (conn.next_of_dial != no_slot)
    connections[conn.next_of_dial].previous_of_dial = conn.previous_of_dial;
  conn.next_of_dial = conn.previous_of_dial = no_slot;
  conn.address = no_slot;
  if (dial.leader == conn_at) dial.leader = no_slot;
  if (conn.connected()) return;
  --dial.attempts;
  attempt_gone(dial.peer);
}

void connection_manager::state::attempt_gone(peer_slot peer) {
  if (peer == no_slot) return;
  --peers[peer].attempts;
  line.attempt_over(peer);
}

void connection_manager::state::serve_waiting() {
  for (;;) {
    if (reputations.eased()) {
      serve_held();
      continue;
    }
    const dial_slot next = line.front();
    if (next == no_slot) return;
    if (!places_taken(next)) {
      proceed(line.take_next());  // which may end a trial
      continue;
    }
    const connection_slot silent = giving_way == 0 ? line.gives_way() : connection_slot{};
    if (silent == no_slot) return;
    give_way(silent);  // its place is free when its last event comes, its memory at once
  }
}

}  // namespace tandem
