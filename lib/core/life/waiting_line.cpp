// SPDX-License-Identifier: MIT
#include "core/life/waiting_line.hpp"

#include <utility>

namespace tandem::detail {

bool waiting_line::attempts_full(dial_slot of) const {
  const dial& dial = dials_[of];
  const std::uint32_t attempts =
      dial.peer == no_slot ? dial.attempts : with_.peers[dial.peer].attempts;
  return attempts >= with_.options.max_attempts_per_peer;
}

bool waiting_line::must_wait(dial_slot who) const {
  return !dial_line_.empty() && dial_line_.front_rank().before(rank_of(who));
}

void waiting_line::get_in_line(dial_slot who) {
  dials_[who].stage = dial_stage::queued;
  dial_line_.put(who, rank_of(who));
}

void waiting_line::wait_behind(dial_slot who) {
  dial& dial = dials_[who];
  if (dial.peer == no_slot) return;  // an attempt of its own will end
  dial.stage = dial_stage::behind;
  ++with_.peers[dial.peer].blocked;
}

void waiting_line::hold(dial_slot who) {
  leave(who);
  dials_[who].stage = dial_stage::held;
  held_.put(who, rank_of(who));
}

void waiting_line::release(std::vector<dial_slot>& into) {
  while (!held_.empty()) into.push_back(held_.pop());
}

void waiting_line::leave(dial_slot who) {
  dial& dial = dials_[who];
  const dial_stage before = std::exchange(dial.stage, dial.free_stage());
  if (before == dial_stage::behind) {
    --with_.peers[dial.peer].blocked;
  } else if (before == dial_stage::held) {
    held_.erase(who);
  } else if (before == dial_stage::queued) {
    dial_line_.erase(who);
    attempt_over(dial.peer);
  }
}

void waiting_line::attempt_over(peer_slot at) {
  if (at == no_slot) return;
  peer_entry& peer = with_.peers[at];
  if (peer.blocked == 0 || peer.attempts >= with_.options.max_attempts_per_peer) return;
  dial_slot best;
  for (dial_slot dial_at = peer.first_dial; dial_at != no_slot;
       dial_at = dials_[dial_at].next_of_peer)
    if (dials_[dial_at].stage == dial_stage::behind &&
        (best == no_slot || rank_of(dial_at).before(rank_of(best))))
      best = dial_at;
  --peer.blocked;
  get_in_line(best);
}

dial_slot waiting_line::take_next() {
  const dial_slot next = front();
  if (next == no_slot) return next;
  dial_line_.erase(next);
  dials_[next].stage = dials_[next].free_stage();
  return next;
}

void waiting_line::priority_changed(dial_slot of) {
  if (dials_[of].stage == dial_stage::queued) dial_line_.put(of, rank_of(of));
  if (dials_[of].stage == dial_stage::held) held_.put(of, rank_of(of));
}

void waiting_line::may_give_way(connection_slot attempt, std::uint32_t turn, dial_slot of) {
  silent_.put(attempt, {dials_[of].priority, false, attempt.index(), turn});
}

connection_slot waiting_line::gives_way() const {
  if (dial_line_.empty() || silent_.empty()) return no_slot;
  dial_rank last = silent_.front_rank();
  last.sequence = 0;  // before that of whoever waits
  return dial_line_.front_rank().before(last) ? silent_.front() : no_slot;
}

void waiting_line::add(request_slot request_at) {
  const request& request = requests_[request_at];
  if (is_core_issued(request.id))
    ++redials_;
  else
    request_line_.put(request_at, {request.priority, false, request.sequence});
}

void waiting_line::remove(request_slot request_at) {
  request_line_.erase(request_at);
  if (is_core_issued(requests_[request_at].id)) --redials_;
}

void waiting_line::recount(dial_slot dial_at) {
  const request_slot first = dials_[dial_at].first_request;
  if (first == no_slot || is_core_issued(requests_[first].id)) return;
  if (dials_[dial_at].engaged())
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
