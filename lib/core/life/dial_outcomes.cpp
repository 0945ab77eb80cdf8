// SPDX-License-Identifier: MIT
#include "core/life/state.hpp"

#include <algorithm>

namespace tandem {
using namespace detail;

namespace {

// A dial refused as a duplicate waits this long for the connection its peer prefers, then tries
// again: TCP's initial retransmission time (RFC 6298, 2.1), more than one round trip on nearly
// every path.
constexpr duration duplicate_pause = std::chrono::seconds(1);
// So often in one dial. By then the peer no longer refuses ours for attempts of its own that nobody
// answers (simultaneous_open.cpp).
constexpr std::uint8_t duplicate_pauses_max = 3;

}  // namespace

void connection_manager::state::connection_over(dial_slot dial_at, connection_slot conn_at,
                                                const connection_outcome& end) {
  dial& dial = dials[dial_at];
  if (dial.adopted == conn_at) dial.adopted = no_slot;
  if (dial.stage == dial_stage::upgrading || dial.stage == dial_stage::yielding)
    dial.stage = dial.adopted != no_slot  ? dial_stage::yielding
                 : dial.leader != no_slot ? dial_stage::upgrading
                                          : dial.free_stage();
  line.recount(dial_at);
  dial.next_attempt_at = now;
  if (end.gave_way) addresses.set(end.address, address_state::untried);
  if (end.address == no_slot || end.yielded) return proceed(dial_at);
  addresses.set(end.address, address_state::failed);
  if (dial.adopted != no_slot) return;
  dial.retry_after = std::max(dial.retry_after, end.retry_after);
  if (end.why == cause::duplicate && dial.pauses < duplicate_pauses_max) {
    ++dial.pauses;
    addresses.set(end.address, address_state::untried);
    line.leave(dial_at);  // others of its peer may try meanwhile
    dial.stage = dial_stage::pausing;
    timers.arm(dial_at, later(now, duplicate_pause));
    return;
  }
  if (end.told || end.why == cause::duplicate)
    return fail_dial(dial_at, {{end.why}, dial_end::failed, failure_class::remote_limit});
  if (end.why == cause::requested) return fail_dial(dial_at, {{end.why}, dial_end::decided});
  if (end.local && end.why == cause::local_resource && may_find_descriptor(dial_at)) {
    addresses.set(end.address, address_state::untried);
    return proceed(dial_at);
  }
  dial.last = end.why;
  dial.silent_since = end.silent_since;
  if (!end.local && end.why != cause::local_resource) dial.blames = true;
  proceed(dial_at);
}

/// Tells which addresses of the dial had no turn, and gives how many.
std::uint32_t connection_manager::state::tell_untried(dial_slot dial_at, request_id of) {
  const dial& dial = dials[dial_at];
  std::uint32_t count = 0;
  for (address_slot address_at = dial.addresses.first; dial.started() && address_at != no_slot;
       address_at = addresses.after(address_at)) {
    if (addresses.tried(address_at)) continue;
    notification told;
    told.kind = notice::address_untried;
    told.request = of;
    if (dial.peer != no_slot) told.peer = peers[dial.peer].id;
    told.where = addresses.at(address_at);
    notify(told);
    ++count;
  }
  return count;
}

void connection_manager::state::fail_dial(dial_slot dial_at, const dial_failure& failure) {
  dial& dial = dials[dial_at];
  notification told;
  told.kind = notice::dial_failed;
  failure.no.tell(told);
  if (dial.peer != no_slot) told.peer = peers[dial.peer].id;
  if (const connection_slot conn_at = dial.leader != no_slot ? dial.leader : dial.first_attempt;
      conn_at != no_slot)
    told.conn = connections[conn_at].id;
  const bool failed = failure.how == dial_end::failed;
  if (failed) {
    ++counters.failed_total;
    told.untried = tell_untried(dial_at, requests[dial.first_request].id);
  }
  if (failure.how == dial_end::refused) count_refusal(failure.no);

  if (failure.blamed && dial.peer != no_slot) {
    blame(dial.peer, {*failure.blamed, failure.no.why, dial.retry_after, dial.silent_since}, told);
  } else if (const failure_record* record = peers.record_of(dial.peer); record != nullptr) {
    told.failures = record->failures(now, options);
    if (failed) told.until = std::max(now, record->next_dial(now));
  } else if (failed) {
    told.until = std::max(now, dial.peer == no_slot ? addresses_until(dial_at) : now);
  }
  end_requests(dial_at, told);
}

void connection_manager::state::succeed_dial(dial_slot dial_at, connection_slot conn_at) {
  end_requests(dial_at, about(notice::dial_succeeded, conn_at));
}

void connection_manager::state::end_requests(dial_slot dial_at, notification told) {
  while (dials[dial_at].first_request != no_slot) {
    told.request = requests[dials[dial_at].first_request].id;
    notify(told);
    remove_request(dials[dial_at].first_request);
  }
  const cause why = told.kind == notice::dial_failed ? told.why : cause::duplicate;
  // What the dial was still doing has no purpose any more. A superseded connection is left to the
  // peer, who refuses it in its own words.
  for (connection_slot conn_at = dials[dial_at].first_attempt; conn_at != no_slot;
       conn_at = connections[conn_at].next_of_dial) {
    const phase at = connections[conn_at].at;
    if (at == phase::attempting || at == phase::handshaking || at == phase::waiting ||
        at == phase::authenticated)
      cut(conn_at, why);
  }
  remove_dial(dial_at);
}

void connection_manager::state::remove_request(request_slot request_at) {
  request& request = requests[request_at];
  dial& dial = dials[request.dial];
  (request.previous_of_dial == no_slot ? dial.first_request
                                       : requests[request.previous_of_dial].next_of_dial) =
      request.next_of_dial;
  (request.next_of_dial == no_slot ? dial.last_request
                                   : requests[request.next_of_dial].previous_of_dial) =
      request.previous_of_dial;
  timers.disarm(request_at);
  line.remove(request_at);
  line.recount(request.dial);
  by_request.erase(hash_of_id(request.id), request_at);
  requests.release(request_at);
}

void connection_manager::state::remove_dial(dial_slot dial_at) {
  dial& dial = dials[dial_at];
  line.leave(dial_at);
  timers.disarm(dial_at);
  while (dial.first_attempt != no_slot) detach_attempt(dial.first_attempt);
  if (dial.adopted != no_slot) connections[dial.adopted].dial = no_slot;
  const peer_slot peer = dial.peer;
  if (dial.trial) reputations.dial_trial_over(peer);
  if (peer != no_slot) {
    (dial.previous_of_peer == no_slot ? peers[peer].first_dial
                                      : dials[dial.previous_of_peer].next_of_peer) =
        dial.next_of_peer;
    if (dial.next_of_peer != no_slot)
      dials[dial.next_of_peer].previous_of_peer = dial.previous_of_peer;
  }
  addresses.clear(dial.addresses);
  dials.release(dial_at);
  line.attempt_over(peer);
  settle(peer);
}

void connection_manager::state::drop_request(request_slot request_at, const dial_failure& failure) {
  const dial_slot dial_at = requests[request_at].dial;
  dial& dial = dials[dial_at];
  if (dial.first_request == dial.last_request) return fail_dial(dial_at, failure);
  notification told;
  told.kind = notice::dial_failed;
  told.request = requests[request_at].id;
  failure.no.tell(told);
  if (failure.how == dial_end::refused) count_refusal(failure.no);
  if (failure.how == dial_end::failed) told.untried = tell_untried(dial_at, told.request);
  if (dial.peer != no_slot) told.peer = peers[dial.peer].id;
  const bool resolving = dial.resolver == told.request && !dial.complete;
  notify(told);
  remove_request(request_at);
  if (resolving) proceed(dial_at);
}

void connection_manager::state::request_expired(request_slot request_at) {
  const dial& dial = dials[requests[request_at].dial];
  if (dial.stage == dial_stage::held)
    return drop_request(request_at, {dial.held, dial_end::refused});
  // Nothing about the peer is said by who had not the time, or waited for a slot of our own or for
  // addresses.
  const bool blames =
      !requests[request_at].hurried && (dial.blames || lives(requests[request_at].dial));
  drop_request(request_at, dial_failure::failed(cause::dial_deadline, blames));
}

void connection_manager::state::dial_expired(dial_slot dial_at) {
  dial& dial = dials[dial_at];
  if (dial.stage == dial_stage::pausing) dial.stage = dial.free_stage();
  proceed(dial_at);
}

}  // namespace tandem
