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

void connection_manager::state::connection_over(dial_slot d, connection_slot s,
                                                const connection_outcome& end) {
  dial& x = dials[d];
  if (x.adopted == s) x.adopted = no_slot;
  if (x.stage == dial_stage::upgrading || x.stage == dial_stage::yielding)
    x.stage = x.adopted != no_slot  ? dial_stage::yielding
              : x.leader != no_slot ? dial_stage::upgrading
                                    : x.free_stage();
  line.recount(d);
  x.next_attempt_at = now;
  if (end.address == no_slot || end.yielded) return proceed(d);
  addresses.set(end.address, address_state::failed);
  if (x.adopted != no_slot) return;
  x.retry_after = std::max(x.retry_after, end.retry_after);
  if (end.why == cause::duplicate && x.pauses < duplicate_pauses_max) {
    ++x.pauses;
    addresses.set(end.address, address_state::untried);
    line.leave(d);  // others of its peer may try meanwhile
    x.stage = dial_stage::pausing;
    timers.arm(d, later(now, duplicate_pause));
    return;
  }
  if (end.told || end.why == cause::duplicate)
    return fail_dial(d, {{end.why}, dial_end::failed, failure_class::remote_limit});
  if (end.why == cause::requested) return fail_dial(d, {{end.why}, dial_end::decided});
  x.last = end.why;
  x.silent_since = end.silent_since;
  if (!end.local && end.why != cause::local_resource) x.blames = true;
  proceed(d);
}

void connection_manager::state::fail_dial(dial_slot d, const dial_failure& failure) {
  dial& x = dials[d];
  notification n;
  n.kind = notice::dial_failed;
  failure.no.tell(n);
  if (x.peer != no_slot) n.peer = peers[x.peer].id;
  if (const connection_slot s = x.leader != no_slot ? x.leader : x.first_attempt; s != no_slot)
    n.conn = connections[s].id;
  const bool failed = failure.how == dial_end::failed;
  if (failed) ++counters.failed_total;
  if (failure.how == dial_end::refused) count_refusal(failure.no);

  if (failure.blamed && x.peer != no_slot) {
    blame(x.peer, {*failure.blamed, failure.no.why, x.retry_after, x.silent_since}, n);
  } else if (const failure_record* record = peers.record_of(x.peer); record != nullptr) {
    n.failures = record->failures(now, options);
    if (failed) n.until = std::max(now, record->next_dial(now));
  } else if (failed) {
    n.until = std::max(now, x.peer == no_slot ? addresses_until(d) : now);
  }
  end_requests(d, n);
}

void connection_manager::state::succeed_dial(dial_slot d, connection_slot s) {
  end_requests(d, about(notice::dial_succeeded, s));
}

void connection_manager::state::end_requests(dial_slot d, notification n) {
  while (dials[d].first_request != no_slot) {
    n.request = requests[dials[d].first_request].id;
    notify(n);
    remove_request(dials[d].first_request);
  }
  const cause why = n.kind == notice::dial_failed ? n.why : cause::duplicate;
  // What the dial was still doing has no purpose any more. A superseded connection is left to the
  // peer, who refuses it in its own words.
  for (connection_slot s = dials[d].first_attempt; s != no_slot; s = connections[s].next_of_dial) {
    const phase at = connections[s].at;
    if (at == phase::attempting || at == phase::handshaking || at == phase::waiting ||
        at == phase::authenticated)
      cut(s, why);
  }
  remove_dial(d);
}

void connection_manager::state::remove_request(request_slot r) {
  request& q = requests[r];
  dial& x = dials[q.dial];
  (q.previous_of_dial == no_slot ? x.first_request : requests[q.previous_of_dial].next_of_dial) =
      q.next_of_dial;
  (q.next_of_dial == no_slot ? x.last_request : requests[q.next_of_dial].previous_of_dial) =
      q.previous_of_dial;
  timers.disarm(r);
  line.remove(r);
  line.recount(q.dial);
  by_request.erase(hash_of_id(q.id), r);
  requests.release(r);
}

void connection_manager::state::remove_dial(dial_slot d) {
  dial& x = dials[d];
  line.leave(d);
  timers.disarm(d);
  while (x.first_attempt != no_slot) detach_attempt(x.first_attempt);
  if (x.adopted != no_slot) connections[x.adopted].dial = no_slot;
  const peer_slot peer = x.peer;
  if (x.trial) reputations.dial_trial_over(peer);
  if (peer != no_slot) {
    (x.previous_of_peer == no_slot ? peers[peer].first_dial
                                   : dials[x.previous_of_peer].next_of_peer) = x.next_of_peer;
    if (x.next_of_peer != no_slot) dials[x.next_of_peer].previous_of_peer = x.previous_of_peer;
  }
  addresses.clear(x.addresses);
  dials.release(d);
  line.attempt_over(peer);
  settle(peer);
}

void connection_manager::state::drop_request(request_slot r, const dial_failure& failure) {
  const dial_slot d = requests[r].dial;
  dial& x = dials[d];
  if (x.first_request == x.last_request) return fail_dial(d, failure);
  notification n;
  n.kind = notice::dial_failed;
  n.request = requests[r].id;
  failure.no.tell(n);
  if (failure.how == dial_end::refused) count_refusal(failure.no);
  if (x.peer != no_slot) n.peer = peers[x.peer].id;
  const bool resolving = x.resolver == n.request && !x.complete;
  notify(n);
  remove_request(r);
  if (resolving) proceed(d);
}

void connection_manager::state::request_expired(request_slot r) {
  const dial& x = dials[requests[r].dial];
  // Nothing about the peer is said by who had not the time, or waited for a slot of our own or for
  // addresses.
  const bool blames = !requests[r].hurried && (x.blames || lives(requests[r].dial));
  drop_request(r, dial_failure::failed(cause::dial_deadline, blames));
}

void connection_manager::state::dial_expired(dial_slot d) {
  dial& x = dials[d];
  if (x.stage == dial_stage::pausing) x.stage = x.free_stage();
  proceed(d);
}

}  // namespace tandem
