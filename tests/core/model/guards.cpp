// SPDX-License-Identifier: MIT
// The circuits of wide subnets and the suspicion that this node is offline, as plain rules.
#include "reference.hpp"

#include <utility>

namespace tandem::reference {
namespace {

duration period_of(const manager_options& o, std::uint32_t openings) {
  duration period = o.breaker_open;
  for (std::uint32_t i = 1; i < openings && period < o.breaker_open_max; ++i) period *= 2;
  return std::min(period, o.breaker_open_max);
}

}  // namespace

/// The circuit of the wide subnet of an address; null when there is none, or nothing is left in it.
memory* manager::circuit_of(const endpoint& where, bool make) {
  if (exempt(where)) return nullptr;
  address_bytes key = bytes_of(where);
  for (unsigned i = subnet_bits(key, false); i < 128; ++i)
    key[i / 8] &= static_cast<std::uint8_t>(~(0x80 >> i % 8));
  auto known = circuits_.find(key);
  if (known != circuits_.end() && known->second.expiry(options_.backoff_refund) <= now_) {
    circuits_.erase(known);
    known = circuits_.end();
  }
  return known == circuits_.end() ? make ? &circuits_[key] : nullptr : &known->second;
}

/// An attempt brought nothing: the circuit opens at its number of failures in a row, and again when
/// a half-open one fails. When until, the notice says.
void manager::subnet_failed(const endpoint& where) {
  if (options_.subnet_breaker_failures == 0 || exempt(where)) return;
  memory& m = *circuit_of(where, true);
  for (; m.breaker_failures > 0 && now_ - m.breaker_last >= options_.backoff_refund;
       m.breaker_last += options_.backoff_refund)
    --m.breaker_failures;
  ++m.breaker_failures;
  m.breaker_last = now_;
  const circuit_state at = m.circuit(now_);
  if (at == circuit_state::open ||
      (at == circuit_state::closed && m.breaker_failures < options_.subnet_breaker_failures))
    return;
  m.state = circuit_state::open;
  ++m.openings;
  m.open_until = never;  // until the notice
  subnet_opened_ = {where, period_of(options_, m.openings)};
}

/// What a circuit of a subnet says of itself.
void manager::subnet_told(const notification& n) {
  if (n.kind == notice::circuit_closed) {
    require(subnet_closes_ == n.where, "the circuit of a subnet closes when somebody connects");
    return subnet_closes_.reset();
  }
  memory* m = circuit_of(n.where, false);
  if (n.kind == notice::circuit_half_opened) {
    require(m != nullptr && m->state == circuit_state::open && now_ >= m->open_until,
            "the circuit of a subnet half-opens when its time is over");
    m->state = circuit_state::half_open;
    return;
  }
  require(subnet_opened_ && subnet_opened_->where == n.where,
          "the circuit of a subnet opens when it must, and then only");
  const duration period = subnet_opened_->period;
  subnet_opened_.reset();
  if (n.until > later(now_, period) || n.until < later(now_, period / 2))
    fail("the circuit of a subnet is open until " + text_of(n.until));
  // It is forgiven already when that failure showed that this node is offline.
  if (m != nullptr && m->open_until == never) m->open_until = n.until;
}

/// An attempt in the subnet connected.
void manager::subnet_works(const endpoint& where) {
  if (memory* m = circuit_of(where, false)) {
    m->breaker_failures = 0;
    if (m->state != circuit_state::closed) subnet_closes_ = where;
    m->state = circuit_state::closed;
    m->open_until = time_point::min();
  }
}

void manager::subnet_trial_over(connection& c) {
  if (!std::exchange(c.subnet_trial, false)) return;
  eased_ = true;
  memory* m = circuit_of(c.remote, false);
  if (m != nullptr && m->trials > 0) --m->trials;
}

/// Why nothing may be tried there now, perhaps or `surely`; `until` is never when a trial decides.
verdict manager::guarded(const peer_id& peer, const endpoint& where, bool surely) {
  const known silent = was_silent(peer, where);
  if (surely ? silent == known::yes && now_ < next_trial_least_
             : silent != known::no && now_ < next_trial_most_)
    return {cause::offline};
  const memory* m = options_.subnet_breaker_failures == 0 ? nullptr : circuit_of(where, false);
  if (m == nullptr || m->state == circuit_state::closed) return {};
  if (m->state == circuit_state::open && now_ < m->open_until)
    return {cause::circuit_open, 0, 0, m->open_until};
  if (m->trials >= options_.breaker_trials) return {cause::circuit_open};
  return {};
}

bool manager::waits(const verdict& v) {
  return v.why == cause::offline || (v.why == cause::circuit_open && v.until == never);
}

/// Neither the peer nor that address of it answered since the last sign of life of whoever.
manager::known manager::was_silent(const peer_id& peer, const endpoint& where) {
  if (!offline_) return known::no;
  if (!peer.empty()) {
    const memory* m = recall(peer);
    if (m == nullptr || m->silent_at <= last_sign_) return known::no;
  }
  const path* p = path_to(where);
  return p == nullptr || p->silent_at <= last_sign_ ? known::no : failed_lately(*p);
}

void manager::life_sign(time_point at) {
  last_sign_ = std::max(last_sign_, at);
  suspects_.clear();
  if (!offline_) return;
  offline_ = false;
  eased_ = true;
  owe("uplink_restored None");
}

/// Somebody did not answer since `since`. True when this node is offline, and nobody to blame.
bool manager::suspects(const peer_id& peer, const endpoint& where, time_point since) {
  if (offline_) return true;
  if (options_.uplink_failures == 0 || last_sign_ > since) return false;
  const std::pair<peer_id, endpoint> who{peer, peer.empty() ? where : endpoint{}};
  const memory* m = recall(peer);
  suspects_.try_emplace(who, m == nullptr ? memory{} : *m);
  if (suspects_.size() < options_.uplink_failures) return false;
  offline_ = eased_ = true;
  for (const auto& [suspect, before] : suspects_) {
    memory& known = memories_[suspect.first];
    const memory now_so = known;
    known = before;
    known.trials = now_so.trials;
    known.silent_at = now_so.silent_at;
    known.penalty_until = std::max(before.penalty_until, now_so.penalty_until);
  }
  memories_.erase(peer_id{});
  for (auto& [address, p] : paths_)
    if (p.failures > 0 && p.backed_off_at > last_sign_) p.failures = p.failures_least = 0;
  // Some were looked at, and what they left out they do not try any more.
  for (auto& [key, d] : dials_) note_denied(d);
  for (auto& [range, circuit] : circuits_) {
    if (circuit.breaker_last <= last_sign_) continue;
    const auto trials = circuit.trials;
    circuit = {};
    circuit.trials = trials;
  }
  suspects_.clear();
  // The notice says when; of a dial it came before.
  if (++lost_owed_ > lost_told_)
    next_trial_least_ = next_trial_most_ = later(now_, options_.uplink_retry);
  return true;
}

/// Whether a peer that failed is not to blame, since this node is offline. What lasted until now
/// has made good for what was before.
bool manager::excuses(const peer_id& peer, bool silent, time_point since) {
  for (const connection_id id : connections_of(peer)) clear_if_proven(connections_.at(id));
  if (!silent) return offline_;
  const bool is_offline = suspects(peer, {}, since);
  if (recall(peer) == nullptr) memories_[peer] = {};
  memories_[peer].silent_at = now_;
  return is_offline;
}

/// The manager says that it is offline.
void manager::uplink_lost(const notification& n) {
  require(n.why == cause::offline && n.failures >= options_.uplink_failures,
          "offline without a reason");
  require(n.until >= later(now_, options_.uplink_retry / 2) &&
              n.until <= later(now_, options_.uplink_retry),
          "the first trial of a node that is offline comes after half to all of uplink_retry");
  next_trial_least_ = next_trial_most_ = n.until;
  ++lost_told_;
}

}  // namespace tandem::reference
