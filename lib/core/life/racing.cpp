// SPDX-License-Identifier: MIT
// The attempts of dials: several at one time (RFC 8305, section 5), and who has to wait.
#include "core/life/state.hpp"

#include <array>

namespace tandem {
using namespace detail;

/// Why nothing may be dialled at `address` for `peer` (no_slot: whoever answers). Asked for each
/// address of a dial right before its attempt. When none was tried and none is left, the dial fails
/// with the last of them, as a refusal of this node that blames nobody.
refusal connection_manager::state::address_refusal(const endpoint& address, peer_slot peer) const {
  if (gate.denies(peer == no_slot ? peer_id{} : peers[peer].id, address)) return {cause::denied};
  if (const refusal no = reputations.circuit_refusal(address)) return no;
  return gate.address_refusal(peer, address);
}

/// The address to try next, or no_slot. Those that are refused are left out for good.
address_slot connection_manager::state::choose_address(dial_slot d) {
  dial& x = dials[d];
  std::array<address_candidate, addresses_max> candidates;
  std::array<address_slot, addresses_max> places;
  std::size_t n = 0;
  for (address_slot a = x.addresses.first; a != no_slot; a = addresses.after(a)) {
    if (addresses.state(a) != address_state::untried) continue;
    const endpoint& address = addresses.at(a);
    if (const refusal no = address_refusal(address, x.peer)) {
      addresses.set(a, address_state::failed);
      x.left_out = no;
      continue;
    }
    candidates[n] = {family_of(address), addresses.proven(a), reputations.backs_off(address)};
    places[n++] = a;
  }
  return n == 0 ? no_slot : places[next_address(std::span(candidates).first(n), x.last_family)];
}

void connection_manager::state::start_attempt(dial_slot d, address_slot address) {
  const connection_slot s = connections.take();
  connection& c = connections[s];
  dial& x = dials[d];
  const bool first = !x.started();
  c.id = static_cast<connection_id>(next_attempt);
  next_attempt += 2;
  c.dial = d;
  c.address = address;
  c.remote = addresses.at(address);
  c.last_received = now;  // nothing since then
  by_connection.insert(hash_of_id(c.id), s);
  c.next_of_dial = x.first_attempt;
  if (x.first_attempt != no_slot) connections[x.first_attempt].previous_of_dial = s;
  x.first_attempt = s;
  ++x.attempts;
  x.stage = dial_stage::attempting;
  if (x.peer != no_slot) {
    ++peers[x.peer].attempts;
    peers[x.peer].unresolved = 0;
  }
  line.recount(d);
  addresses.set(address, address_state::trying);
  x.last_family = family_of(c.remote);
  x.next_attempt_at = later(now, options.attempt_delay);
  gate.enter_subnets(c);
  c.trial = reputations.attempt_starts(c.remote);
  gate.enter_pending(c);
  timers.arm(s, later(now, options.attempt_timeout));
  if (choose_address(d) != no_slot) timers.arm(d, x.next_attempt_at);

  emit(actions::start_attempt{c.id, x.peer == no_slot ? peer_id{} : peers[x.peer].id, c.remote,
                              options.attempt_timeout});
  if (!first) return;
  notification n = about(notice::dial_started, s);
  for (request_slot r = x.first_request; r != no_slot; r = requests[r].next_of_dial) {
    n.request = requests[r].id;
    notify(n);
  }
}

void connection_manager::state::on(const events::attempt_connected& e) {
  const connection_slot s = find(e.attempt);
  if (s == no_slot) return ignore();
  connection& c = connections[s];
  if (c.at == phase::cancelled) {
    // It crossed our cancel_attempt.
    emit(actions::abort{c.id, c.end});
    return;
  }
  if (c.at != phase::attempting) return ignore();
  reputations.life_sign(now);
  reputations.attempt_connected(c.remote);
  trial_over(s);
  c.at = phase::handshaking;
  c.last_received = now;
  timers.arm(s, later(now, options.handshake_timeout));
  lead(c.dial, s);
  emit(actions::admit{c.id, stage::handshake});
}

void connection_manager::state::on(const events::attempt_failed& e) {
  const connection_slot s = find(e.attempt);
  if (s == no_slot) return ignore();
  end_connection(s, e.why, e.local, e.retry_after);
}

/// The attempt `s` connected first: the others give way.
void connection_manager::state::lead(dial_slot d, connection_slot s) {
  dial& x = dials[d];
  line.leave(d);
  x.stage = dial_stage::upgrading;
  timers.disarm(d);
  addresses.prove(connections[s].address);
  yield_attempts(d, s);
  x.leader = s;
  --x.attempts;
  attempt_gone(x.peer);
}

/// Whether an attempt of the dial, connected or not, may still become a connection.
bool connection_manager::state::lives(dial_slot d) const {
  for (connection_slot s = dials[d].first_attempt; s != no_slot; s = connections[s].next_of_dial)
    if (!connections[s].is_over()) return true;
  return false;
}

/// `winner` takes the place of the other connections of the dial; their addresses remain to be
/// tried, should it fail.
void connection_manager::state::yield_attempts(dial_slot d, connection_slot winner) {
  for (connection_slot s = dials[d].first_attempt; s != no_slot; s = connections[s].next_of_dial) {
    connection& c = connections[s];
    if (s == winner || (c.at != phase::attempting && c.at != phase::handshaking &&
                        c.at != phase::waiting && c.at != phase::authenticated))
      continue;
    c.yielded = true;
    addresses.set(c.address, address_state::untried);
    if (c.at == phase::authenticated)
      c.at = phase::superseded;
    else
      cut(s, cause::duplicate);
  }
}

/// The connection ends, or its dial does.
void connection_manager::state::detach_attempt(connection_slot s) {
  connection& c = connections[s];
  dial& x = dials[c.dial];
  c.dial = no_slot;
  if (c.address == no_slot) return;  // an adopted one
  (c.previous_of_dial == no_slot ? x.first_attempt : connections[c.previous_of_dial].next_of_dial) =
      c.next_of_dial;
  if (c.next_of_dial != no_slot) connections[c.next_of_dial].previous_of_dial = c.previous_of_dial;
  c.next_of_dial = c.previous_of_dial = no_slot;
  c.address = no_slot;
  if (x.leader == s) x.leader = no_slot;
  if (c.connected()) return;
  --x.attempts;
  attempt_gone(x.peer);
}

void connection_manager::state::attempt_gone(peer_slot peer) {
  if (peer == no_slot) return;
  --peers[peer].attempts;
  line.attempt_over(peer);
}

void connection_manager::state::serve_waiting() {
  for (dial_slot d; (d = line.take_next()) != no_slot;) proceed(d);
}

}  // namespace tandem
