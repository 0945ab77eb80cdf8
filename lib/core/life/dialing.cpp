// SPDX-License-Identifier: MIT
#include "core/life/state.hpp"

#include <algorithm>
#include <limits>

namespace tandem {
using namespace detail;

void connection_manager::state::on(const events::dial_wanted& e) {
  if (e.request == request_id::none || is_core_issued(e.request) || find(e.request) != no_slot)
    return ignore();
  begin_dial(e);
}

void connection_manager::state::begin_dial(const events::dial_wanted& e) {
  if (stopping) return refuse_dial(e, {cause::shutting_down});
  if (e.peer == self) return refuse_dial(e, {cause::self_dial});
  peer_slot peer = e.peer.empty() ? no_slot : peers.find(e.peer);
  if (gate.denies(e.peer, now)) return refuse_dial(e, {cause::denied});

  dial_slot d;
  connection_slot pending_inbound;
  if (e.mode == dial_mode::join && peer != no_slot) {
    if (const connection_slot s = oldest(peer, phase::ready); s != no_slot) {
      notification n = about(notice::dial_succeeded, s);
      n.request = e.request;
      return notify(n);
    }
    d = joinable_dial(peer);
  }
  if (e.deadline <= now) {
    ++counters.failed_total;
    notification n;
    n.kind = notice::dial_failed;
    n.why = cause::dial_deadline;
    n.request = e.request;
    n.peer = e.peer;
    return notify(n);
  }
  const bool may_start = d == no_slot && !e.addresses.empty() &&
                         counters.pending_outbound < options.max_pending_outbound;
  if (!is_core_issued(e.request) && line.is_full(may_start)) {
    const request_slot last = line.gives_way_to(e.priority);
    if (last == no_slot) return refuse_dial(e, line.full());
    drop_request(last, {line.full(), dial_end::refused});
    // What made room may have been the only request of the dial to join, and of the peer.
    peer = e.peer.empty() ? no_slot : peers.find(e.peer);
    d = e.mode == dial_mode::join && peer != no_slot ? joinable_dial(peer) : no_slot;
  }
  if (e.mode == dial_mode::join && peer != no_slot) pending_inbound = adoptable(peer);

  if (d == no_slot) d = make_dial(e);
  add_request(d, e);
  add_addresses(d, e.addresses);
  if (pending_inbound != no_slot && !dials[d].engaged()) adopt(d, pending_inbound);
  proceed(d);
}

void connection_manager::state::refuse_dial(const events::dial_wanted& e, const refusal& no) {
  count_refusal(no);
  notification n;
  n.kind = notice::dial_failed;
  n.request = e.request;
  n.peer = e.peer;
  no.tell(n);
  notify(n);
}

dial_slot connection_manager::state::make_dial(const events::dial_wanted& e) {
  const peer_slot peer = e.peer.empty() ? no_slot : peers.intern(e.peer);
  const dial_slot d = dials.take();
  dial& x = dials[d];
  x.peer = peer;
  x.mode = e.mode;
  x.priority = e.priority;
  x.sequence = next_sequence++;
  x.complete = !e.addresses.empty() || e.peer.empty();
  if (peer != no_slot) {
    x.next_of_peer = peers[peer].first_dial;
    if (x.next_of_peer != no_slot) dials[x.next_of_peer].previous_of_peer = d;
    peers[peer].first_dial = d;
    settle(peer);
  }
  return d;
}

void connection_manager::state::add_request(dial_slot d, const events::dial_wanted& e) {
  const request_slot r = requests.take();
  request& q = requests[r];
  q.id = e.request;
  q.dial = d;
  q.sequence = next_sequence++;
  q.priority = e.priority;
  line.add(r);
  by_request.insert(hash_of_id(e.request), r);
  const time_point latest = later(now, options.dial_timeout);
  q.hurried = e.deadline < latest;
  timers.arm(r, std::min(e.deadline, latest));

  dial& x = dials[d];
  q.previous_of_dial = x.last_request;
  (x.last_request == no_slot ? x.first_request : requests[x.last_request].next_of_dial) = r;
  x.last_request = r;
  if (e.priority > x.priority) {
    x.priority = e.priority;
    line.priority_changed(d);
  }
  if (x.first_attempt != no_slot) {
    notification n = about(notice::dial_started, x.first_attempt);
    n.request = e.request;
    notify(n);
  }
}

void connection_manager::state::add_addresses(dial_slot d, std::span<const endpoint> list) {
  dial& x = dials[d];
  // What the trace records of a list is all there is of it.
  for (const endpoint& address : list.first(std::min(list.size(), addresses_max))) {
    bool known = false;
    for (address_slot a = x.addresses.first; a != no_slot && !known; a = addresses.after(a))
      known = addresses.at(a) == address;
    if (known) continue;
    if (!addresses.append(x.addresses, address)) return;
  }
}

dial_slot connection_manager::state::joinable_dial(peer_slot peer) const {
  for (dial_slot d = peers[peer].first_dial; d != no_slot; d = dials[d].next_of_peer)
    if (dials[d].mode == dial_mode::join) return d;
  return no_slot;
}

/// The connection of the peer that will be ready next and that no dial has, or no_slot.
connection_slot connection_manager::state::adoptable(peer_slot peer) const {
  connection_slot s = oldest(peer, phase::authenticated);
  if (s == no_slot) s = oldest(peer, phase::waiting);
  return s != no_slot && connections[s].dial == no_slot ? s : no_slot;
}

connection_slot connection_manager::state::oldest(peer_slot peer, phase at) const {
  for (connection_slot s = peers[peer].first_connection; s != no_slot;
       s = connections[s].next_of_peer)
    if (connections[s].at == at) return s;
  return no_slot;
}

refusal connection_manager::state::room_for_dial(peer_slot peer, time_point at) const {
  const refusal no = gate.dial_refusal(peer, at);
  return no ? no : gate.memory_refusal(connections.size());
}

/// Why no dial to `peer` (no_slot: to whoever answers) may begin.
refusal connection_manager::state::dial_refusal(peer_slot peer, time_point at) const {
  const refusal no = room_for_dial(peer, at);
  return no ? no : reputations.dial_refusal(peer, at);
}

/// Why the dial may not go on. All of it is asked again until its first attempt starts: while it
/// waited its circuit may have opened, or the uplink been lost.
refusal connection_manager::state::refusal_of(dial_slot d, time_point at) const {
  const dial& x = dials[d];
  if (x.peer != no_slot && gate.denies(peers[x.peer].id, at)) return {cause::denied};
  if (x.started()) return {};
  refusal no = room_for_dial(x.peer, at);
  if (!no && !reputations.is_uplink_trial(x.uplink_trial)) no = reputations.uplink_refusal(at);
  if (!no && !x.trial) no = reputations.record_refusal(x.peer, at);
  if (!no && x.peer == no_slot) no = addresses_refusal(d);
  return no;
}

/// Something is done for the dial: addresses are asked for, or its first attempt starts.
void connection_manager::state::begin(dial_slot d) {
  dial& x = dials[d];
  if (x.started()) return;
  x.uplink_trial = reputations.uplink_trial(x.uplink_trial);
  if (!x.trial) x.trial = reputations.dial_begins(x.peer);
}

/// Why the backoff of its addresses allows no dial to whoever answers now.
refusal connection_manager::state::addresses_refusal(dial_slot d) const {
  const time_point until = addresses_until(d);
  return now < until ? refusal{.why = cause::backing_off, .until = until} : refusal{};
}

/// When the first address of the dial is out of its backoff.
time_point connection_manager::state::addresses_until(dial_slot d) const {
  const address_list& list = dials[d].addresses;
  time_point soonest = list.first == no_slot ? time_point::min() : never;
  for (address_slot a = list.first; a != no_slot; a = addresses.after(a))
    soonest = std::min(soonest, reputations.address_until(addresses.at(a)));
  return soonest;
}

/// Starts the next attempt of the dial when it is time, or has it wait for what it lacks.
void connection_manager::state::proceed(dial_slot d) {
  dial& x = dials[d];
  if (x.stage >= dial_stage::upgrading) return;
  if (const refusal no = refusal_of(d, now)) return fail_dial(d, {no, dial_end::refused});
  line.leave(d);
  const address_slot address = choose_address(d);
  if (address == no_slot) return out_of_addresses(d);
  if (x.attempts > 0 && now < x.next_attempt_at) return timers.arm(d, x.next_attempt_at);
  if (line.attempts_full(d)) return line.wait_behind(d);
  if (line.must_wait(d)) return line.get_in_line(d);
  if (const refusal no = gate.memory_refusal(connections.size())) {
    if (x.attempts == 0) return fail_dial(d, {no, dial_end::refused});
    return timers.arm(d, later(now, options.attempt_delay));
  }
  begin(d);
  start_attempt(d, address);
}

void connection_manager::state::out_of_addresses(dial_slot d) {
  dial& x = dials[d];
  line.attempt_over(x.peer);
  if (x.attempts > 0) return;  // they may still connect
  if (x.complete) {
    if (x.peer != no_slot && x.addresses.size == 0 &&
        peers[x.peer].unresolved < std::numeric_limits<std::uint16_t>::max())
      ++peers[x.peer].unresolved;
    if (x.last != cause::none) return fail_dial(d, dial_failure::failed(x.last, x.blames));
    return fail_dial(d, {x.left_out ? x.left_out : refusal{cause::no_address}, dial_end::refused});
  }
  const request_id first = requests[x.first_request].id;
  if (x.resolver == first) return;
  x.resolver = first;
  begin(d);
  emit(actions::resolve{first, peers[x.peer].id});
}

void connection_manager::state::on(const events::dial_abandoned& e) {
  const request_slot r = find(e.request);
  if (r == no_slot) return ignore();
  drop_request(r, {{cause::abandoned}, dial_end::decided});
}

void connection_manager::state::on(const events::addresses_found& e) {
  const request_slot r = find(e.request);
  if (r == no_slot) return ignore();
  const dial_slot d = requests[r].dial;
  add_addresses(d, e.list);
  if (e.final) dials[d].complete = true;
  proceed(d);
}

}  // namespace tandem
