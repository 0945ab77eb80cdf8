// SPDX-License-Identifier: MIT
// What must hold after every event, once its actions are drained.
#include "reference.hpp"

namespace tandem::reference {

void manager::rests(const connection_manager& real) {
  if (!owed_.empty()) fail("this did not happen: " + owed_.front());
  if (!blames_owed_.empty() || blame_) fail("a blame without its notice, or the other way round");
  require(!subnet_opened_ && !subnet_closes_, "the circuit of a subnet opens or closes silently");
  require(lost_owed_ == lost_told_,
          "this node is offline and does not say so, or says so and is not");
  require(postponed_.first.empty(), "a peer is left alone as long as it asked");
  require(joined_ == request_id::none, "a request that joins a dial hears that it started");
  require(newcomer_ == connection_id::none, "a newcomer was neither refused nor given a place");
  require(!room_made_, "somebody went for want of memory, and no attempt began");
  for (const auto& [id, c] : connections_)
    require(!now_denied(c), "somebody stays who was denied in this event");
  check_idle_timeouts(real);
  check_dials();
  check_returning();
  check_giving_way();
  check_deadlines(real.next_deadline());
  check_counters(real.counters());
  check_peers(real);
}

/// Each connection's is drawn once, when it is ready, and is its part of whatever the options say.
void manager::check_idle_timeouts(const connection_manager& real) {
  const bool anew = event_ != nullptr && std::holds_alternative<events::configured>(*event_);
  const duration least = options_.connection_timeout;
  const auto most =
      least + duration(static_cast<duration::rep>(static_cast<long double>(least.count()) *
                                                  static_cast<long double>(options_.idle_jitter)));
  for (auto& [id, c] : connections_) {
    if (c.at != life::ready) continue;
    const bool known = c.idle_timeout != duration::zero() && !anew;
    if (known && rests_ % 16 != 0) continue;
    const duration is = real.explain(id, now_).idle_timeout;
    if (known && is != c.idle_timeout) fail("another idle timeout than before of " + text_of(id));
    if (is < least || is > most)
      fail("an idle timeout of " + text_of(is) + " is not within " + text_of(least) + " to " +
           text_of(most));
    c.idle_timeout = is;
  }
}

void manager::check_deadlines(time_point next) {
  time_point due = never;
  for (const auto& [id, c] : connections_) {
    if (c.answer_by > now_ && c.at == life::ready) due = std::min(due, c.answer_by);
    const time_point mine = c.at == life::ready    ? std::min(idle_at(c), probe_at(c))
                            : c.at == life::ending ? never
                                                   : c.deadline;
    due = std::min(due, mine);
    if (event_ == nullptr && mine <= now_) fail("a deadline of " + text_of(id) + " was missed");
  }
  for (const auto& [r, q] : requests_) {
    due = std::min(due, q.deadline);
    if (event_ == nullptr && q.deadline <= now_) fail("the deadline of " + text_of(r) + " passed");
  }
  for (const auto& [key, d] : dials_)
    if (d.pausing_until > now_) due = std::min(due, d.pausing_until);
  if (event_ == nullptr && resume_at_ <= now_) {
    require(short_of_descriptors_ || stopping_, "listening does not resume");
    resume_at_ = never;
  }
  due = std::min(due, resume_at_);
  if (stopping_ && !completed_) {
    due = std::min(due, stop_by_);
    if (drain_until_ > now_) due = std::min(due, drain_until_);
  }
  if (stopping_ && !completed_ && connections_.empty()) fail("the shutdown is not complete");
  for (const auto& [peer, m] : marks_)
    if (redialled(peer)) require(next != never, "a protected peer is given up");
  // Of what is due already, how long is no matter: an ended mark may be forgotten meanwhile.
  if (next > std::max(due, now_))
    fail("next_deadline() is later than what is due at " + text_of(due));
  if (event_ == nullptr && next <= now_) fail("next_deadline() is not after advance()");
}

void manager::check_dials() {
  for (const auto& [id, c] : connections_)
    if (c.dial != 0 && !dials_.contains(c.dial) && c.at != life::ending)
      fail("an attempt outlives its dial: " + text_of(id));
  for (auto& entry : dials_) {
    const auto key = entry.first;
    dial& d = entry.second;  // clang 14 captures no structured binding
    const std::string who = "the dial of " + text_of(d.requests.front());
    note_denied(d);
    // Until a trial is over, or due, nobody looks whether that is still so.
    const bool looked_at =
        eased_ || engaged(d) ||
        (d.by_uplink && offline_ && event_ == nullptr && now_ >= next_trial_most_);
    const bool still_waits = d.waited && !looked_at;
    d.waited = still_waits || held(d) || std::ranges::any_of(d.addresses, [&](const endpoint& e) {
                 return has_turn(d, e, false) && waits(guarded(d.peer, e));
               });
    d.by_uplink = std::ranges::any_of(d.addresses, [&](const endpoint& e) {
      return has_turn(d, e, true) && was_silent(d.peer, e) == known::yes;
    });
    if (d.waited) d.waited_at = now_;
    if (d.adopted != connection_id::none) continue;
    if (d.pausing_until > now_ || (d.pausing_until != time_point::min() && event_ != nullptr))
      continue;
    d.pausing_until = time_point::min();
    bool connected = false;
    bool attempting = false;
    for (const connection_id id : attempts_of(key)) {
      connected |= connections_.at(id).connected;
      attempting |= !connections_.at(id).connected;
    }
    if (connected) continue;
    if (held(d) || still_waits) continue;
    if (!d.started) d.only_new = !d.trial && backing_off(d.peer).why != cause::none;
    const auto any = [&](bool guarded_too) {
      return std::ranges::any_of(d.addresses, [&](const endpoint& e) {
        return may_try(d, e) && (guarded_too || guarded(d.peer, e).why == cause::none);
      });
    };
    const bool untried = any(false);
    if (!untried && any(true)) continue;  // a trial decides
    // Whether it is due is the manager's secret.
    if (offline_ && (now_ < next_trial_most_ || event_ != nullptr)) continue;
    if (untried && must_wait(d)) continue;
    if (untried && attempts_at(d) >= options_.max_attempts_per_peer) continue;
    if (untried && attempting && (now_ < d.next_at || event_ != nullptr)) continue;
    // What failed before may be as new since its attempt began: it has its turn when that is over.
    if (untried && attempting && d.only_new) continue;
    // Beside an attempt it looks again after attempt_delay.
    if (untried && attempting && d.waited_at != time_point::min() &&
        now_ <= later(d.waited_at, options_.attempt_delay))
      continue;
    if (untried) fail(who + " waits although an attempt may start");
    if (attempting) continue;
    if (d.waited) continue;
    bool skipped = false;  // denied while it waited for a place
    for (const endpoint& e : d.addresses) skipped |= !d.tried.contains(e);
    if (skipped && (must_wait(d) || attempts_at(d) >= options_.max_attempts_per_peer)) continue;
    if (d.complete) fail(who + " has nothing to wait for");
    bool resolving = false;
    for (const request_id r : d.requests) resolving |= requests_.at(r).resolving;
    if (!resolving) fail(who + " waits for addresses that nobody was asked for");
  }
}

/// At its time a silent attempt gives way to whoever had fewer turns, one after the other.
void manager::check_giving_way() {
  if (event_ != nullptr) return;
  for (const auto& [id, c] : connections_)
    if (c.gave_way) return;
  for (const auto& [id, c] : connections_)
    if ((c.at == life::attempting || (c.at == life::handshaking && !c.inbound)) && c.dial != 0 &&
        gives_way(c, dials_.at(c.dial), true))
      fail(text_of(id) + " is silent and others wait for its place");
}

void manager::check_counters(const manager_counters& c) {
  const auto same = [this](std::uint64_t real, std::uint64_t mine, const char* name) {
    if (real != mine)
      fail(std::string(name) + " is " + std::to_string(real) + ", not " + std::to_string(mine));
  };
  std::uint64_t active = 0;
  std::set<peer_id> connected;
  for (const auto& [id, x] : connections_) {
    active += x.was_ready;
    if (x.was_ready) connected.insert(x.peer);
  }
  same(c.active_connections, active, "active_connections");
  same(c.connected_peers, connected.size(), "connected_peers");
  same(c.connection_limit, counted_.connection_limit, "connection_limit");
  same(c.bytes_sent, counted_.bytes_sent, "bytes_sent");
  same(c.bytes_received, counted_.bytes_received, "bytes_received");
  same(c.established_total, counted_.established_total, "established_total");
  same(c.closed_total, counted_.closed_total, "closed_total");
  same(c.failed_total, counted_.failed_total, "failed_total");
  same(c.permits_live, permits(), "permits_live");
  same(c.permits_issued - c.permits_released, permits(), "permits issued and not released");
  same(c.slot_drift, 0, "slot_drift");
  same(c.pending_inbound, pending(true), "pending_inbound");
  same(c.pending_outbound, pending(false), "pending_outbound");
  same(c.lingering, lingering(), "lingering");
  same(c.ignored_events, counted_.ignored_events, "ignored_events");
  for (std::size_t i = 0; i < causes_count; ++i)
    same(c.refused[i], counted_.refused[i], name_of(static_cast<cause>(i)).data());
  same(c.permits_inbound, permits(true), "permits_inbound");
  same(c.permits_outbound, permits(false), "permits_outbound");
  same(c.evicted_total, counted_.evicted_total, "evicted_total");
  require(permits() <= options_.max_connections || configured_,
          "more permits than max_connections");
  require(pending(true) <= options_.max_pending_inbound || configured_,
          "more pending inbound than there may be");
  require(lingering() <= options_.max_lingering_refusals || configured_,
          "more refusals linger than may");
}

/// What explain() says of each peer; and if records were dropped, that they were the right ones.
void manager::check_peers(const connection_manager& real) {
  const bool dropped = real.counters().records_dropped != counted_.records_dropped;
  if (!dropped && ++rests_ % 16 != 0) return;
  counted_.records_dropped = real.counters().records_dropped;
  std::vector<std::pair<peer_id, time_point>> victims;
  time_point kept_soonest = never;
  for (const peer_id& p : known_peers_) {
    const explanation x = real.explain(p, now_);
    const memory* m = recall(p);
    std::uint64_t active = active_of(p);
    if (x.connections != active) fail("explain() counts other connections of " + text_of(p));
    std::uint32_t failures = 0;
    if (m != nullptr)
      for (failures = m->failures;
           failures > 0 &&
           now_ - m->last >= options_.backoff_refund * (m->failures - failures + 1);)
        --failures;
    bool is_engaged = false;
    bool was_engaged =
        false;  // when records were dropped, before this event's own connection or dial
    for (const connection_id id : connections_of(p)) {
      is_engaged = true;
      was_engaged |= connections_.at(id).order < order_before_;
    }
    for (const auto& [key, d] : dials_) {
      if (d.peer != p) continue;
      is_engaged = true;
      was_engaged |= requests_.at(d.requests.front()).order < order_before_;
    }
    if (m != nullptr && dropped && !was_engaged && x.failures == 0 && x.next_dial <= time_point{} &&
        (failures > 0 || m->next_dial() > now_)) {
      victims.emplace_back(p, m->expiry(options_.backoff_refund));
      continue;
    }
    if (x.failures != failures)
      fail("explain() says " + std::to_string(x.failures) + " failures of " + text_of(p) +
           ", not " + std::to_string(failures));
    if (m == nullptr) continue;
    if (!is_engaged) kept_soonest = std::min(kept_soonest, m->expiry(options_.backoff_refund));
    if (x.circuit != m->circuit(now_)) fail("explain() says another circuit of " + text_of(p));
    if (x.next_dial > now_ || m->next_dial() > now_)
      if (x.next_dial != m->next_dial())
        fail("explain() says " + text_of(p) + " may be dialled at " + text_of(x.next_dial) +
             ", not at " + text_of(m->next_dial()));
  }
  for (const auto& [p, expiry] : victims) {
    memories_.erase(p);
    require(expiry <= kept_soonest, "the record that expires soonest makes room");
  }
}

}  // namespace tandem::reference
