// SPDX-License-Identifier: MIT
#include "state.hpp"

#include <algorithm>

namespace tandem {
using namespace detail;
using slot = slot_index;

void connection_manager::state::on(const events::dial_wanted& e) {
  if (e.request == request_id::none || find(e.request) != no_slot) return ignore();
  if (stopping) return refuse_dial(e, cause::shutting_down, 0, 0);
  if (e.peer == self) return refuse_dial(e, cause::self_dial, 0, 0);
  const slot peer = e.peer.empty() ? no_slot : peers.find(e.peer);
  if (access_rules.of(e.peer, now) == access::denied) return refuse_dial(e, cause::denied, 0, 0);

  slot d = no_slot;
  slot pending_inbound = no_slot;
  if (e.mode == dial_mode::join && peer != no_slot) {
    if (const slot s = oldest(peer, phase::ready); s != no_slot) {
      notification n = about(notice::dial_succeeded, s);
      n.request = e.request;
      return notify(n);
    }
    d = joinable_dial(peer);
    pending_inbound = oldest(peer, phase::authenticated);
  }
  const bool may_start = d == no_slot && !e.addresses.empty() &&
                         counters.pending_outbound < options.max_pending_outbound;
  // The second bound holds whatever dials pause or wait for after they began.
  const bool full = (!may_start && queued_requests() >= options.max_queued_requests) ||
                    requests.size() >= options.max_queued_requests + options.max_pending_outbound;
  if (full)
    return refuse_dial(e, cause::pending_limit_reached, queued_requests(),
                       options.max_queued_requests);

  if (d == no_slot) d = make_dial(e);
  add_request(d, e);
  add_addresses(d, e.addresses);
  if (pending_inbound != no_slot && dials[d].attempt == no_slot && dials[d].adopted == no_slot &&
      connections[pending_inbound].dial == no_slot)
    adopt(d, pending_inbound);
  proceed(d);
}

void connection_manager::state::refuse_dial(const events::dial_wanted& e, cause why,
                                            std::uint64_t current, std::uint64_t limit) {
  ++counters.refused[static_cast<std::size_t>(why)];
  notification n;
  n.kind = notice::dial_failed;
  n.why = why;
  n.request = e.request;
  n.peer = e.peer;
  n.current = current;
  n.limit = limit;
  notify(n);
}

slot connection_manager::state::make_dial(const events::dial_wanted& e) {
  const slot peer = e.peer.empty() ? no_slot : peers.intern(e.peer);
  const slot d = dials.take();
  dial& x = dials[d];
  x.peer = peer;
  x.mode = e.mode;
  x.priority = e.priority;
  x.complete = !e.addresses.empty() || e.peer.empty();
  if (peer != no_slot) {
    x.next_of_peer = peers[peer].first_dial;
    if (x.next_of_peer != no_slot) dials[x.next_of_peer].previous_of_peer = d;
    peers[peer].first_dial = d;
    settle(peer);
  }
  return d;
}

void connection_manager::state::add_request(slot d, const events::dial_wanted& e) {
  const slot r = requests.take();
  request& q = requests[r];
  q.id = e.request;
  q.dial = d;
  by_request.insert(mix(static_cast<std::uint64_t>(e.request)), r);
  timers.arm(timer_kind::request, r, std::min(e.deadline, later(now, options.dial_timeout)));

  dial& x = dials[d];
  q.previous_of_dial = x.last_request;
  (x.last_request == no_slot ? x.first_request : requests[x.last_request].next_of_dial) = r;
  x.last_request = r;
  if (x.attempt != no_slot) {
    notification n = about(notice::dial_started, x.attempt);
    n.request = e.request;
    notify(n);
  }
}

void connection_manager::state::add_addresses(slot d, std::span<const endpoint> list) {
  dial& x = dials[d];
  // What the trace records of a list is all there is of it.
  for (const endpoint& address : list.first(std::min(list.size(), addresses_max))) {
    bool known = false;
    for (slot a = x.addresses.first; a != no_slot && !known; a = addresses.after(a))
      known = addresses.at(a) == address;
    if (known) continue;
    if (!addresses.append(x.addresses, address)) return;
    if (x.next_address == no_slot) x.next_address = x.addresses.last;
  }
}

slot connection_manager::state::joinable_dial(slot peer) const {
  for (slot d = peers[peer].first_dial; d != no_slot; d = dials[d].next_of_peer)
    if (dials[d].mode == dial_mode::join) return d;
  return no_slot;
}

slot connection_manager::state::oldest(slot peer, phase at) const {
  for (slot s = peers[peer].first_connection; s != no_slot; s = connections[s].next_of_peer)
    if (connections[s].at == at) return s;
  return no_slot;
}

std::uint64_t connection_manager::state::queued_requests() const noexcept {
  return requests.size() - dials_engaged;
}

bool connection_manager::state::permit_dial(slot d) {
  const slot peer = dials[d].peer;
  dial_failure no;
  no.counted = no.blames = false;
  no.refuses = true;
  shortage lacks = ledger.shortage_for({.peer = peer}, options, now);
  if (lacks.why == cause::none) lacks = memory_shortage(connections.size());
  if (lacks.why != cause::none) {
    no.why = lacks.why;
    no.current = lacks.current;
    no.limit = lacks.limit;
  } else {
    failure_record::verdict verdict = may_dial(peer);
    if (verdict.why == cause::none && peer == no_slot) verdict = may_dial_any(d);
    no.why = verdict.why;
    no.until = verdict.until;
  }
  if (no.why != cause::none) {
    fail_dial(d, no);
    return false;
  }
  dials[d].permitted = true;
  dials[d].trial = dial_starts(peer);
  return true;
}

void connection_manager::state::proceed(slot d) {
  dial& x = dials[d];
  if (x.attempt != no_slot || x.adopted != no_slot || x.waiting || x.pausing) return;
  if (!x.permitted && !permit_dial(d)) return;
  shortage left_out;
  for (; x.next_address != no_slot; x.next_address = addresses.after(x.next_address)) {
    const shortage no = address_verdict(addresses.at(x.next_address), x.peer);
    if (no.why == cause::none) break;
    if (x.last == cause::none) left_out = no;
  }
  if (x.next_address != no_slot) {
    if (counters.pending_outbound >= options.max_pending_outbound) return wait_for_slot(d);
    return start_attempt(d);
  }
  if (x.complete) {
    dial_failure failure;
    failure.why = x.last == cause::none ? cause::no_address : x.last;
    if (left_out.why != cause::none) failure.why = left_out.why;
    failure.current = left_out.current;
    failure.limit = left_out.limit;
    failure.counted = x.last != cause::none;
    failure.refuses = !failure.counted;
    failure.blames = x.blames;
    return fail_dial(d, failure);
  }
  const request_id first = requests[x.first_request].id;
  if (x.resolver == first) return;
  x.resolver = first;
  emit(actions::resolve{first, peers[x.peer].id});
}

void connection_manager::state::start_attempt(slot d) {
  const slot s = connections.take();
  connection& c = connections[s];
  dial& x = dials[d];
  c.id = static_cast<connection_id>(next_attempt);
  next_attempt += 2;
  c.dial = d;
  c.remote = addresses.at(x.next_address);
  by_connection.insert(mix(static_cast<std::uint64_t>(c.id)), s);
  x.attempt = s;
  recount(d);
  x.tried_address = x.next_address;
  x.next_address = addresses.after(x.next_address);
  enter_pending(s);
  timers.arm(timer_kind::connection, s, later(now, options.attempt_timeout));

  const bool first = !x.started;
  x.started = true;
  emit(actions::start_attempt{c.id, x.peer == no_slot ? peer_id{} : peers[x.peer].id,
                              addresses.at(x.tried_address), options.attempt_timeout});
  if (!first) return;
  notification n = about(notice::dial_started, s);
  for (slot r = x.first_request; r != no_slot; r = requests[r].next_of_dial) {
    n.request = requests[r].id;
    notify(n);
  }
}

void connection_manager::state::wait_for_slot(slot d) {
  dial& x = dials[d];
  // Highest priority first, then first come: among equals the place is found at once.
  slot after = last_waiting;
  while (after != no_slot && dials[after].priority < x.priority)
    after = dials[after].previous_waiting;
  x.previous_waiting = after;
  x.next_waiting = after == no_slot ? first_waiting : dials[after].next_waiting;
  (after == no_slot ? first_waiting : dials[after].next_waiting) = d;
  (x.next_waiting == no_slot ? last_waiting : dials[x.next_waiting].previous_waiting) = d;
  x.waiting = true;
}

void connection_manager::state::stop_waiting(slot d) {
  dial& x = dials[d];
  if (!x.waiting) return;
  (x.previous_waiting == no_slot ? first_waiting : dials[x.previous_waiting].next_waiting) =
      x.next_waiting;
  (x.next_waiting == no_slot ? last_waiting : dials[x.next_waiting].previous_waiting) =
      x.previous_waiting;
  x.waiting = false;
}

void connection_manager::state::serve_waiting() {
  while (first_waiting != no_slot && counters.pending_outbound < options.max_pending_outbound) {
    const slot d = first_waiting;
    stop_waiting(d);
    proceed(d);
  }
}

void connection_manager::state::on(const events::dial_abandoned& e) {
  const slot r = find(e.request);
  if (r == no_slot) return ignore();
  dial_failure failure;
  failure.why = cause::abandoned;
  failure.counted = failure.blames = false;
  drop_request(r, failure);
}

void connection_manager::state::on(const events::addresses_found& e) {
  const slot r = find(e.request);
  if (r == no_slot) return ignore();
  const slot d = requests[r].dial;
  add_addresses(d, e.list);
  if (e.final) dials[d].complete = true;
  proceed(d);
}

void connection_manager::state::on(const events::attempt_connected& e) {
  const slot s = find(e.attempt);
  if (s == no_slot) return ignore();
  connection& c = connections[s];
  if (c.at == phase::ending && !c.connected) {
    // It crossed our cancel_attempt.
    emit(actions::abort{c.id, c.end});
    return;
  }
  if (c.at != phase::attempting) return ignore();
  life_sign();
  c.at = phase::handshaking;
  c.connected = true;
  c.last_received = now;
  timers.arm(timer_kind::connection, s, later(now, options.handshake_timeout));
  emit(actions::admit{c.id, stage::handshake});
}

void connection_manager::state::on(const events::attempt_failed& e) {
  const slot s = find(e.attempt);
  if (s == no_slot) return ignore();
  end_connection(s, e.why, e.local, e.retry_after);
}

}  // namespace tandem
