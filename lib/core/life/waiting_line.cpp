// SPDX-License-Identifier: MIT
#include "core/life/waiting_line.hpp"

#include <utility>

namespace tandem::detail {

bool waiting_line::attempts_full(dial_slot of) const {
  const dial& x = dials_[of];
  const std::uint32_t attempts = x.peer == no_slot ? x.attempts : with_.peers[x.peer].attempts;
  return attempts >= with_.options.max_attempts_per_peer;
}

bool waiting_line::must_wait(dial_slot who) const {
  return with_.counters.pending_outbound >= with_.options.max_pending_outbound ||
         (!dial_line_.empty() && dial_line_.front_rank().before(rank_of(who)));
}

void waiting_line::get_in_line(dial_slot who) {
  dials_[who].stage = dial_stage::queued;
  dial_line_.put(who, rank_of(who));
}

void waiting_line::wait_behind(dial_slot who) {
  dial& x = dials_[who];
  if (x.peer == no_slot) return;  // an attempt of its own will end
  x.stage = dial_stage::behind;
  ++with_.peers[x.peer].blocked;
}

void waiting_line::leave(dial_slot who) {
  dial& x = dials_[who];
  const dial_stage before = std::exchange(x.stage, x.free_stage());
  if (before == dial_stage::behind) {
    --with_.peers[x.peer].blocked;
  } else if (before == dial_stage::queued) {
    dial_line_.erase(who);
    attempt_over(x.peer);
  }
}

void waiting_line::attempt_over(peer_slot at) {
  if (at == no_slot) return;
  peer_entry& peer = with_.peers[at];
  if (peer.blocked == 0 || peer.attempts >= with_.options.max_attempts_per_peer) return;
  dial_slot best;
  for (dial_slot d = peer.first_dial; d != no_slot; d = dials_[d].next_of_peer)
    if (dials_[d].stage == dial_stage::behind &&
        (best == no_slot || rank_of(d).before(rank_of(best))))
      best = d;
  --peer.blocked;
  get_in_line(best);
}

dial_slot waiting_line::take_next() {
  if (dial_line_.empty() || with_.counters.pending_outbound >= with_.options.max_pending_outbound)
    return no_slot;
  const dial_slot next = dial_line_.front();
  dial_line_.erase(next);
  dials_[next].stage = dials_[next].free_stage();
  return next;
}

void waiting_line::priority_changed(dial_slot of) {
  if (dials_[of].stage == dial_stage::queued) dial_line_.put(of, rank_of(of));
}

void waiting_line::add(request_slot r) {
  const request& q = requests_[r];
  if (is_core_issued(q.id))
    ++redials_;
  else
    request_line_.put(r, {q.priority, false, q.sequence});
}

void waiting_line::remove(request_slot r) {
  request_line_.erase(r);
  if (is_core_issued(requests_[r].id)) --redials_;
}

void waiting_line::recount(dial_slot d) {
  const request_slot first = dials_[d].first_request;
  if (first == no_slot || is_core_issued(requests_[first].id)) return;
  if (dials_[d].engaged())
    request_line_.erase(first);
  else
    request_line_.put(first, {requests_[first].priority, false, requests_[first].sequence});
}

bool waiting_line::is_full(bool may_start) const noexcept {
  const manager_options& options = with_.options;
  // The second bound holds whatever dials pause or wait for after they began.
  return (!may_start && request_line_.size() >= options.max_queued_requests) ||
         requests_.size() - redials_ >= options.max_queued_requests + options.max_pending_outbound;
}

refusal waiting_line::full() const noexcept {
  return {cause::pending_limit_reached, request_line_.size(), with_.options.max_queued_requests};
}

request_slot waiting_line::gives_way_to(std::int32_t priority) const {
  const bool below = !request_line_.empty() && request_line_.front_rank().priority < priority;
  return below ? request_line_.front() : no_slot;
}

}  // namespace tandem::detail
