// SPDX-License-Identifier: MIT
#include "core/life/state.hpp"

#include <algorithm>
#include <limits>

namespace tandem {
using namespace detail;

void connection_manager::state::on(const events::dial_wanted& event) {
  if (event.request == request_id::none || is_core_issued(event.request) ||
      find(event.request) != no_slot)
    return ignore();
  begin_dial(event);
}

void connection_manager::state::begin_dial(const events::dial_wanted& event) {
  if (stopping) return refuse_dial(event, {cause::shutting_down});
  if (event.peer == self) return refuse_dial(event, {cause::self_dial});
  peer_slot peer = event.peer.empty() ? no_slot : peers.find(event.peer);
  if (gate.denies(event.peer, now)) return refuse_dial(event, {cause::denied});

  dial_slot dial_at;
  connection_slot pending_inbound;
  if (event.mode == dial_mode::join && peer != no_slot) {
    if (const connection_slot conn_at = oldest(peer, phase::ready); conn_at != no_slot) {
      notification told = about(notice::dial_succeeded, conn_at);
      told.request = event.request;
      return notify(told);
    }
    dial_at = joinable_dial(peer);
  }
  if (event.deadline <= now) {
    ++counters.failed_total;
    notification told;
    told.kind = notice::dial_failed;
    told.why = cause::dial_deadline;
    told.request = event.request;
    told.peer = event.peer;
    return notify(told);
  }
  const bool may_start = dial_at == no_slot && !event.addresses.empty() && !places_taken(no_slot);
  if (!is_core_issued(event.request) && line.is_full(may_start)) {
    const request_slot last = line.gives_way_to(event.priority);
    if (last == no_slot) return refuse_dial(event, line.full());
    drop_request(last, {line.full(), dial_end::refused});
    // What made room may have been the only request of the dial to join, and of the peer.
    peer = event.peer.empty() ? no_slot : peers.find(event.peer);
    dial_at = event.mode == dial_mode::join && peer != no_slot ? joinable_dial(peer) : no_slot;
  }
  if (event.mode == dial_mode::join && peer != no_slot) pending_inbound = adoptable(peer);

  if (dial_at == no_slot) dial_at = make_dial(event);
  add_request(dial_at, event);
  add_addresses(dial_at, event.addresses);
  if (pending_inbound != no_slot && !dials[dial_at].engaged()) adopt(dial_at, pending_inbound);
  proceed(dial_at);
}

void connection_manager::state::refuse_dial(const events::dial_wanted& event, const refusal& no) {
  count_refusal(no);
  notification told;
  told.kind = notice::dial_failed;
  told.request = event.request;
  told.peer = event.peer;
  no.tell(told);
  notify(told);
}

dial_slot connection_manager::state::make_dial(const events::dial_wanted& event) {
  const peer_slot peer = event.peer.empty() ? no_slot : peers.intern(event.peer);
  const dial_slot dial_at = dials.take();
  dial& dial = dials[dial_at];
  dial.peer = peer;
  dial.mode = event.mode;
  dial.priority = event.priority;
  dial.sequence = next_sequence++;
  dial.complete = !event.addresses.empty() || event.peer.empty();
  if (peer != no_slot) {
    dial.next_of_peer = peers[peer].first_dial;
    if (dial.next_of_peer != no_slot) dials[dial.next_of_peer].previous_of_peer = dial_at;
    peers[peer].first_dial = dial_at;
    settle(peer);
  }
  return dial_at;
}

void connection_manager::state::add_request(dial_slot dial_at, const events::dial_wanted& event) {
  const request_slot request_at = requests.take();
  request& request = requests[request_at];
  request.id = event.request;
  request.dial = dial_at;
  request.sequence = next_sequence++;
  request.priority = event.priority;
  line.add(request_at);
  by_request.insert(hash_of_id(event.request), request_at);
  const time_point latest = later(now, options.dial_timeout);
  request.hurried = event.deadline < latest;
  timers.arm(request_at, std::min(event.deadline, latest));

  dial& dial = dials[dial_at];
  request.previous_of_dial = dial.last_request;
  (dial.last_request == no_slot ? dial.first_request : requests[dial.last_request].next_of_dial) =
      request_at;
  dial.last_request = request_at;
  if (event.priority > dial.priority) {
    dial.priority = event.priority;
    line.priority_changed(dial_at);
    for (connection_slot conn_at = dial.first_attempt; conn_at != no_slot;
         conn_at = connections[conn_at].next_of_dial)
      if (line.may_give_way(conn_at))
        line.may_give_way(conn_at, connections[conn_at].turn, dial_at);
  }
  if (dial.first_attempt != no_slot) {
    notification told = about(notice::dial_started, dial.first_attempt);
    told.request = event.request;
    notify(told);
  }
}

void connection_manager::state::add_addresses(dial_slot dial_at, std::span<const endpoint> list) {
  dial& dial = dials[dial_at];
  // What the trace records of a list is all there is of it.
  for (const endpoint& address : list.first(std::min(list.size(), addresses_max))) {
    bool known = false;
    for (address_slot address_at = dial.addresses.first; address_at != no_slot && !known;
         address_at = addresses.after(address_at))
      known = addresses.at(address_at) == address;
    if (known) continue;
    if (!addresses.append(dial.addresses, address)) return;
  }
}

dial_slot connection_manager::state::joinable_dial(peer_slot peer) const {
  for (dial_slot dial_at = peers[peer].first_dial; dial_at != no_slot;
       dial_at = dials[dial_at].next_of_peer)
    if (dials[dial_at].mode == dial_mode::join) return dial_at;
  return no_slot;
}

/// The connection of the peer that will be ready next and that no dial has, or no_slot.
connection_slot connection_manager::state::adoptable(peer_slot peer) const {
  connection_slot conn_at = oldest(peer, phase::authenticated);
  if (conn_at == no_slot) conn_at = oldest(peer, phase::waiting);
  return conn_at != no_slot && connections[conn_at].dial == no_slot ? conn_at : no_slot;
}

connection_slot connection_manager::state::oldest(peer_slot peer, phase at) const {
  for (connection_slot conn_at = peers[peer].first_connection; conn_at != no_slot;
       conn_at = connections[conn_at].next_of_peer)
    if (connections[conn_at].at == at) return conn_at;
  return no_slot;
}

refusal connection_manager::state::room_for_dial(peer_slot peer, time_point at) const {
  if (const refusal no = gate.dial_refusal(peer, at)) return no;
  const auto [no, oldest] = gate.memory_crowd(direction::outbound, tracked(), 0);
  return oldest == no_slot && counters.pending_outbound == 0 ? no : refusal{};
}

/// Whether no attempt may begin until another one is over, or an arrival: there is no place for it,
/// no memory or no descriptor, and nobody makes room for this dial.
bool connection_manager::state::places_taken(dial_slot dial_at) const {
  if (counters.pending_outbound >= options.max_pending_outbound) return true;
  if (gate.descriptors_out() && counters.pending_outbound > 0) return true;
  const std::uint32_t ahead = dial_at != no_slot && dials[dial_at].turns > 0 ? 1 : 0;
  const auto [no, oldest] = gate.memory_crowd(direction::outbound, tracked(), ahead);
  if (!no || oldest != no_slot) return false;
  return counters.pending_outbound > 0 || gate.unauthenticated(direction::inbound).size > 0;
}

/// Why no dial to `peer` (no_slot: to whoever answers) may begin.
refusal connection_manager::state::dial_refusal(peer_slot peer, time_point at) const {
  const refusal no = room_for_dial(peer, at);
  return no ? no : reputations.record_refusal(peer, at);
}

/// Why the dial may not go on. All of it is asked again until its first attempt starts: while it
/// waited its circuit may have opened.
refusal connection_manager::state::refusal_of(dial_slot dial_at, time_point at) const {
  const dial& dial = dials[dial_at];
  if (dial.peer != no_slot && gate.denies(peers[dial.peer].id, at)) return {cause::denied};
  if (dial.started()) return {};
  refusal no = room_for_dial(dial.peer, at);
  if (!no && !dial.trial && !dial.only_new) no = reputations.record_refusal(dial.peer, at);
  if (no || dial.peer != no_slot) return no;
  const time_point until = addresses_until(dial_at);
  return now < until ? refusal{.why = cause::backing_off, .until = until} : refusal{};
}

/// Something is done for the dial: addresses are asked for, or its first attempt starts.
void connection_manager::state::begin(dial_slot dial_at) {
  dial& dial = dials[dial_at];
  if (!dial.started() && !dial.trial && !dial.only_new)
    dial.trial = reputations.dial_begins(dial.peer);
}

/// Whether the dial knows an address that never failed of a peer that is held back because it could
/// not be reached: that says nothing about there.
bool connection_manager::state::brings_news(dial_slot dial_at) const {
  const dial& dial = dials[dial_at];
  if (dial.peer == no_slot || !reputations.was_unreachable(dial.peer)) return false;
  for (address_slot address_at = dial.addresses.first; address_at != no_slot;
       address_at = addresses.after(address_at))
    if (reputations.never_failed(addresses.at(address_at))) return true;
  return false;
}

/// When the first address of the dial is out of its backoff.
time_point connection_manager::state::addresses_until(dial_slot dial_at) const {
  const address_list& list = dials[dial_at].addresses;
  time_point soonest = list.first == no_slot ? time_point::min() : never;
  for (address_slot address_at = list.first; address_at != no_slot;
       address_at = addresses.after(address_at))
    soonest = std::min(soonest, reputations.address_until(addresses.at(address_at)));
  return soonest;
}

/// Starts the next attempt of the dial when it is time, or has it wait for what it lacks.
void connection_manager::state::proceed(dial_slot dial_at) {
  dial& dial = dials[dial_at];
  if (dial.stage >= dial_stage::upgrading) return;
  if (!dial.started()) dial.only_new = false;
  refusal no = refusal_of(dial_at, now);
  if ((no.why == cause::backing_off || no.why == cause::circuit_open) && brings_news(dial_at)) {
    dial.only_new = true;
    no = {};
  }
  if (no) return no.waits ? hold(dial_at, no) : fail_dial(dial_at, {no, dial_end::refused});
  line.leave(dial_at);
  const address_choice next = choose_address(dial_at);
  if (next.address == no_slot) return out_of_addresses(dial_at, next.held);
  if (dial.attempts > 0 && now < dial.next_attempt_at)
    return timers.arm(dial_at, dial.next_attempt_at);
  if (line.attempts_full(dial_at)) return line.wait_behind(dial_at);
  if (places_taken(dial_at) || line.must_wait(dial_at)) return line.get_in_line(dial_at);
  const std::uint32_t ahead = dial.turns > 0 ? 1 : 0;
  const auto [full, oldest] = gate.memory_crowd(direction::outbound, tracked(), ahead);
  if (full && oldest == no_slot) return fail_dial(dial_at, {full, dial_end::refused});
  if (full) refuse(oldest, full);
  begin(dial_at);
  start_attempt(dial_at, next.address);
}

/// There is no address to try, but perhaps some that are `held`.
void connection_manager::state::out_of_addresses(dial_slot dial_at, const refusal& held) {
  dial& dial = dials[dial_at];
  line.attempt_over(dial.peer);
  if (dial.attempts > 0) {  // they may still connect
    if (held) timers.arm(dial_at, later(now, options.attempt_delay));
    return;
  }
  if (held) return hold(dial_at, held);
  if (dial.complete) {
    if (dial.peer != no_slot && dial.addresses.size == 0 &&
        peers[dial.peer].unresolved < std::numeric_limits<std::uint16_t>::max())
      ++peers[dial.peer].unresolved;
    if (dial.last != cause::none)
      return fail_dial(dial_at, dial_failure::failed(dial.last, dial.blames));
    return fail_dial(
        dial_at, {dial.left_out ? dial.left_out : refusal{cause::no_address}, dial_end::refused});
  }
  const request_id first = requests[dial.first_request].id;
  if (dial.resolver == first) return;
  dial.resolver = first;
  begin(dial_at);
  emit(actions::resolve{first, peers[dial.peer].id});
}

void connection_manager::state::on(const events::dial_abandoned& event) {
  const request_slot request_at = find(event.request);
  if (request_at == no_slot) return ignore();
  drop_request(request_at, {{cause::abandoned}, dial_end::decided});
}

void connection_manager::state::on(const events::addresses_found& event) {
  const request_slot request_at = find(event.request);
  if (request_at == no_slot) return ignore();
  const dial_slot dial_at = requests[request_at].dial;
  add_addresses(dial_at, event.list);
  if (event.final) dials[dial_at].complete = true;
  if (dials[dial_at].last == cause::none) dials[dial_at].last = event.why;
  proceed(dial_at);
}

}  // namespace tandem
