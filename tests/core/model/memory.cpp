// SPDX-License-Identifier: MIT
// What the reference remembers of peers that failed.
#include "reference.hpp"

namespace tandem::reference {
namespace {

/// min(cap, base * multiplier^(n-1)), rounded to the nanosecond at each step.
duration ceiling_of(const manager_options& o, std::uint32_t n) {
  long double value = static_cast<long double>(o.backoff_base.count());
  const auto cap = static_cast<long double>(o.backoff_cap.count());
  for (std::uint32_t i = 1; i < n && value < cap; ++i)
    value = std::floor(value * static_cast<long double>(o.backoff_multiplier) + 0.5L);
  return duration(static_cast<duration::rep>(std::min(value, cap)));
}

std::uint32_t refunded(std::uint32_t failures, time_point last, time_point now, duration refund) {
  for (; failures > 0 && now - last >= refund; last += refund) --failures;
  return failures;
}

}  // namespace

/// One time for all of them: an open circuit is half-open then.
circuit_state memory::circuit(time_point now) const {
  return state == circuit_state::open && now >= next_dial() ? circuit_state::half_open : state;
}

time_point memory::next_dial() const {
  const time_point at = std::max(until, penalty_until);
  return state == circuit_state::open ? std::max(at, open_until) : at;
}

time_point memory::expiry(duration refund) const {
  if (trials > 0) return never;
  time_point at = std::max({until, open_until, penalty_until});
  if (failures > 0) at = std::max(at, last + refund * failures);
  if (breaker_failures > 0) at = std::max(at, breaker_last + refund * breaker_failures);
  if (silent_at != time_point::min()) at = std::max(at, silent_at + refund);
  return at;
}

/// What is remembered of the peer; null when that is over.
memory* manager::recall(const peer_id& peer) {
  const auto m = memories_.find(peer);
  if (peer.empty() || m == memories_.end()) return nullptr;
  if (m->second.expiry(options_.backoff_refund) > now_) return &m->second;
  memories_.erase(m);
  return nullptr;
}

verdict manager::backing_off(const peer_id& peer) {
  const memory* m = recall(peer);
  if (m == nullptr) return {};
  if (m->circuit(now_) == circuit_state::open) return {cause::circuit_open, 0, 0, m->next_dial()};
  if (m->state != circuit_state::closed && m->trials >= options_.breaker_trials)
    return {cause::circuit_open};
  if (now_ < m->next_dial()) return {cause::backing_off, 0, 0, m->next_dial()};
  return {};
}

bool manager::held(const dial& d) {
  if (d.started || d.trial || brings_news(d, true)) return false;
  const verdict v = backing_off(d.peer);
  return v.why == cause::circuit_open && v.until == never;
}

verdict manager::held_back(const peer_id& peer) {
  const memory* m = recall(peer);
  if (m == nullptr) return {};
  const bool misbehaved = m->kind == failure_class::handshake || m->kind == failure_class::protocol;
  const time_point until = misbehaved ? std::max(m->until, m->penalty_until) : m->penalty_until;
  if (now_ < until) return {cause::backing_off, 0, 0, until};
  return {};
}

/// A connection that lasted clears what its peer did before, when that is as long ago.
void manager::clear_if_proven(const connection& c) {
  memory* m = recall(c.peer);
  if (m == nullptr || !c.was_ready) return;
  if (now_ >= later(std::max(c.ready_at, m->last), options_.backoff_reset_after)) forgive(*m);
}

void manager::forgive(memory& m) {
  const auto trials = m.trials;
  const auto silent_at = m.silent_at;
  const auto penalty = m.penalty_until;
  m = {};
  m.trials = trials;
  m.penalty_until = penalty;
  m.silent_at = silent_at;
}

/// The manager says that it blamed a peer: with the right numbers?
void manager::blamed(const notification& n, failure_class kind, duration retry_after) {
  for (const connection_id id : connections_of(n.peer)) clear_if_proven(connections_.at(id));
  if (recall(n.peer) == nullptr) memories_[n.peer] = {};
  memory& m = memories_[n.peer];
  const circuit_state before = m.circuit(now_);
  m.failures = refunded(m.failures, m.last, now_, options_.backoff_refund);
  if (m.failures == 0) m.previous = duration::zero(), m.previous_known = true;
  ++m.failures;
  m.last = now_;
  m.why = n.why;
  m.kind = kind;
  require(n.failures == m.failures, "backoff counts each failure in a row once");

  const duration usual = ceiling_of(options_, m.failures);
  duration least{};
  duration most = usual;
  switch (options_.backoff_strategy) {
    case backoff_strategy::none:
      most = duration::zero();
      break;
    case backoff_strategy::exponential:
      least = usual;
      break;
    case backoff_strategy::equal:
      least = usual / 2;
      break;
    case backoff_strategy::full:
      break;
    case backoff_strategy::decorrelated:
      least = options_.backoff_base;
      most = std::min(options_.backoff_cap, 3 * std::max(options_.backoff_base, m.previous));
      if (!m.previous_known) most = n.ceiling;
      break;
  }
  if (n.ceiling != most) fail("the ceiling is " + text_of(n.ceiling) + ", not " + text_of(most));
  const duration asked = std::min(retry_after, options_.breaker_open_max);
  const duration asked_most = asked + asked / 4;
  const duration delay = n.until - now_;
  if (delay < std::max(least, asked) || delay > std::max(most, asked_most))
    fail("a backoff of " + text_of(delay) + " is not within " + text_of(least) + " to " +
         text_of(most) + " nor asked for");
  m.previous = delay;
  m.previous_known = delay > asked_most;
  m.until = n.until;
  m.ceiling = n.ceiling;
  feed_breaker(m, before, n);
  outlasts(m);
}

/// An open circuit stays so at least until what holds the peer back now, whatever comes next.
void manager::outlasts(memory& m) {
  if (m.state == circuit_state::open) m.open_until = std::max(m.open_until, m.next_dial());
}

void manager::feed_breaker(memory& m, circuit_state before, const notification& n) {
  const bool says_opened = opened_ == n.peer && !n.peer.empty();
  opened_ = {};
  bool opens = false;
  if (m.kind == failure_class::remote_limit) {
    if (before == circuit_state::half_open) {
      m.state = circuit_state::closed;
      m.breaker_failures = 0;
      m.open_until = time_point::min();
    }
  } else {
    m.breaker_failures =
        refunded(m.breaker_failures, m.breaker_last, now_, options_.backoff_refund) + 1;
    m.breaker_last = now_;
    opens = before == circuit_state::half_open ||
            (before == circuit_state::closed && m.breaker_failures >= options_.breaker_failures);
  }
  require(opens == says_opened, "the circuit opens when it must, and then only");
  if (!opens) return;
  duration period = options_.breaker_open;
  for (std::uint32_t i = 0; i < m.openings && period < options_.breaker_open_max; ++i) period *= 2;
  ++m.openings;
  m.state = circuit_state::open;
  period = std::min(period, options_.breaker_open_max);
  // One next-try time: the later of the backoff and of half the period to all of it.
  const time_point backoff = std::max(m.until, m.penalty_until);
  if (opened_until_ < std::max(backoff, later(now_, period / 2)) ||
      opened_until_ > std::max(backoff, later(now_, period)))
    fail("the circuit is open until " + text_of(opened_until_) + ", with a backoff until " +
         text_of(backoff) + " and a period of " + text_of(period));
  m.open_until = opened_until_;
}

/// A dial begins: it is a trial unless the circuit is closed.
void manager::permits(dial& d) {
  if (d.started || d.trial || d.only_new) return;
  memory* m = recall(d.peer);
  if (m == nullptr || m->circuit(now_) == circuit_state::closed) return;
  d.trial = true;
  ++m->trials;
  if (m->state == circuit_state::open) {
    require(half_opened_.erase(d.peer) == 1, "a circuit half-opens with a notice");
    m->state = circuit_state::half_open;
  }
}

/// A connection ended: is its peer blamed for it?
void manager::blame_end(const connection& c, cause why, duration retry_after) {
  if (c.peer.empty() || c.refused) return;
  if (c.told) {
    if (!c.was_ready || retry_after <= duration::zero()) return;
    postponed_ = {c.peer, std::min(retry_after, options_.breaker_open_max)};
    return;
  }
  failure_class kind = detail::class_of(why);
  if (c.was_ready) {
    if (c.answer_by != never) return;  // the peer is there, it came again
    const bool dropped = (why == cause::remote_closed || why == cause::reset) && !c.inbound &&
                         !c.spoken && active_of(c.peer) == 0 &&
                         now_ < later(c.ready_at, options_.backoff_reset_after);
    if (why != cause::liveness_lost && why != cause::transport_timeout &&
        why != cause::protocol_error && !dropped)
      return;
  } else {
    const bool dialled = c.dial != 0 && !c.inbound;
    if (dialled && !dials_.at(c.dial).peer.empty()) return;
    if (!dialled && !c.inbound) return;
    if (kind == failure_class::none || kind == failure_class::local_resource) return;
    const bool path = kind == failure_class::refused || kind == failure_class::timeout;
    if (path && active_of(c.peer) > 0) return;
    if (kind != failure_class::protocol) kind = failure_class::handshake;
  }
  const bool silent = kind == failure_class::timeout && why != cause::dial_deadline;
  const duration quiet = why == cause::liveness_lost ? options_.liveness_interval : duration{};
  if (excuses(c.peer, silent, later(c.last_received, quiet))) return;
  blames_owed_[c.peer] = {kind, why, duration::zero()};
}

/// The manager says until when it leaves a peer alone that asked for it.
void manager::postpones(const notification& n) {
  require(n.peer == postponed_.first, "a peer is left alone that did not ask for it");
  const duration asked = postponed_.second;
  postponed_ = {};
  if (n.until < later(now_, asked) || n.until > later(now_, asked + asked / 4))
    fail("a peer that asked for " + text_of(asked) + " is left alone until " + text_of(n.until));
  if (recall(n.peer) == nullptr) memories_[n.peer] = {};
  memory& m = memories_[n.peer];
  if (m.kind == failure_class::refused || m.kind == failure_class::timeout)
    m.kind = failure_class::remote_limit;  // it lives, and was reached
  m.until = std::max(m.until, n.until);
  outlasts(m);
}

void manager::blame_dial(const dial& d, cause why, failure_class kind) {
  if (d.peer.empty()) return;
  blames_owed_[d.peer] = {kind == failure_class::none ? detail::class_of(why) : kind, why,
                          d.retry_after};
}

}  // namespace tandem::reference
