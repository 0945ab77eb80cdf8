// SPDX-License-Identifier: MIT
// Who may go for whom.
#include "reference.hpp"

namespace tandem::reference {

/// Whether somebody may have to go for `c`, which was refused with `no`.
bool manager::may_evict_for(const connection& c, const verdict& no) {
  if (options_.eviction == eviction_mode::off || now_ < next_eviction_) return false;
  if (no.why != cause::limit_reached && no.why != cause::inbound_limit_reached) return false;
  if (held_back(c.peer).why != cause::none) return false;
  std::uint64_t newcomers = 0;
  for (const auto& [id, other] : connections_) {
    if (other.at != life::waiting || other.returning || id == c.id) continue;
    ++newcomers;
    if (other.peer == c.peer) return false;
  }
  if (newcomers >= options_.eviction_sample) return false;
  std::uint64_t candidates = 0;
  bool any = false;
  for (const auto& [id, other] : connections_) {
    candidates += other.at == life::ready;
    any |= eligible(id, c);
  }
  must_evict_ = any && candidates <= options_.eviction_sample;
  return any;
}

/// Nobody goes in vain: with the victim's place the newcomer fits.
bool manager::eligible(connection_id id, const connection& newcomer) {
  connection& victim = connections_.at(id);
  if (victim.at != life::ready || victim.peer == newcomer.peer || is_protected(victim.peer))
    return false;
  const std::uint64_t limit =
      newcomer.inbound ? options_.max_inbound_connections : options_.max_outbound_connections;
  std::uint64_t taken = permits(newcomer.inbound);
  for (const auto& [other, c] : connections_)
    taken += c.at == life::waiting && !c.returning && c.inbound == newcomer.inbound &&
             other != newcomer.id;
  if (limit > 0 && taken >= limit && victim.inbound != newcomer.inbound) return false;
  victim.permit = false;
  const bool fits = shortage(newcomer.peer, newcomer.inbound, &newcomer.remote).why == cause::none;
  victim.permit = true;
  return fits;
}

/// 0 below one unit, 1 from one, and one more for every doubling, 20 at most.
static std::int64_t points(std::uint64_t units) {
  std::int64_t n = 0;
  for (; units > 0 && n < 20; units /= 2) ++n;
  return n;
}

std::int64_t manager::score(const connection& c) const {
  std::int64_t tag = 0;
  const auto m = marks_.find(c.peer);
  if (m != marks_.end() && now_ < m->second.tag) {
    tag = m->second.weight;
    if (m->second.tag != never && now_ > m->second.tagged_at)
      tag = static_cast<std::int64_t>(
          static_cast<long double>(tag) * static_cast<long double>((m->second.tag - now_).count()) /
          static_cast<long double>((m->second.tag - m->second.tagged_at).count()));
  }
  std::uint64_t others = 0;
  const address_bytes a = bytes_of(c.remote);
  if (!exempt(c.remote))
    for (const auto& [id, other] : connections_)
      others += id != c.id && other.permit && !exempt(other.remote) &&
                share(a, bytes_of(other.remote), subnet_bits(a, false));
  std::int64_t crowd = 0;
  for (; others > 0 && crowd < 10; others /= 2) ++crowd;
  const duration srtt = c.has_rtt ? c.srtt : duration(std::chrono::seconds(1));
  const duration age = c.was_ready ? now_ - c.ready_at : duration{};
  return tag + points(static_cast<std::uint64_t>(age / std::chrono::seconds(1))) +
         points(c.bytes / 1024) -
         points(static_cast<std::uint64_t>(srtt / std::chrono::milliseconds(1))) - 4 * crowd;
}

void manager::evicts(const actions::close& a) {
  connection& victim = connections_.at(a.conn);
  for (auto& [id, c] : connections_) {
    // What it waited for lives: it may have another's place instead.
    if (newcomer_ != connection_id::none || c.at != life::waiting || !c.returning || !hopeless(c))
      continue;
    c.returning = false;
    if (may_evict_for(c, shortage(c.peer, c.inbound, &c.remote))) newcomer_ = id;
    c.returning = newcomer_ == connection_id::none;
  }
  const connection* newcomer = find(newcomer_);
  if (newcomer_ != connection_id::none) {
    require(eligible(a.conn, connections_.at(newcomer_)), "somebody is evicted who may not be");
    if (must_evict_)
      for (const auto& [id, c] : connections_)
        if (eligible(id, connections_.at(newcomer_)) && score(c) < score(victim))
          fail("evicted, although " + text_of(id) + " is worth less");
    victim.victim = true;
    next_eviction_ = later(now_, options_.eviction_interval);
    newcomer_ = connection_id::none;
  } else {
    require(event_ == nullptr && options_.churn_interval > duration::zero() && !stopping_ &&
                (last_churn_ == time_point::min() ||
                 now_ >= later(last_churn_, options_.churn_interval)),
            "churned too early");
    require(!is_protected(victim.peer), "a protected peer is churned");
    const std::uint64_t limit =
        victim.inbound ? options_.max_inbound_connections : options_.max_outbound_connections;
    require(permits() + options_.reserved_connections >= options_.max_connections ||
                (limit > 0 && permits(victim.inbound) >= limit),
            "churned although there is room");
    last_churn_ = now_;
  }
  if (const connection* c = newcomer; c != nullptr && c->inbound) {
    // A dial of its peer waits with it.
    const std::uint64_t key = joinable_dial(c->peer);
    if (key != 0 && dials_.at(key).adopted == connection_id::none) adopts(key, newcomer->id);
  }
  ++counted_.evicted_total;
  if (options_.eviction_penalty > duration::zero()) {
    if (recall(victim.peer) == nullptr) memories_[victim.peer] = {};
    memory& m = memories_[victim.peer];
    m.penalty_until = std::max(m.penalty_until, later(now_, options_.eviction_penalty));
  }
  victim.end = cause::evicted;
  victim.at = life::closing;
  victim.deadline = drained_at(victim);
  require(a.drain_until == victim.deadline, "how long a closed connection drains");
}

/// Whether the action decides about a connection that waits for another's place.
bool manager::decides_newcomer(const action& what) {
  const auto* admitted = std::get_if<actions::admit>(&what);
  const auto* refused = std::get_if<actions::refuse>(&what);
  if (admitted == nullptr && refused == nullptr) return false;
  connection* c = find(admitted != nullptr ? admitted->conn : refused->conn);
  if (c == nullptr || c->at != life::waiting) return false;
  const bool now_arriving = newcomer_ == c->id;
  newcomer_ = connection_id::none;
  if (!now_arriving && denies(c->peer, c->remote)) {
    refuses(*c, {cause::denied});
    does(what);
    return true;
  }
  if (c->inbound && !now_arriving) {
    if (const verdict v = held_back(c->peer); v.why != cause::none) {
      refuses(*c, v);
      does(what);
      return true;
    }
    if (crosses(*c)) {
      does(what);
      return true;
    }
  }
  const verdict v = shortage(c->peer, c->inbound, &c->remote);
  if (admitted != nullptr) {
    require(v.why == cause::none, "a newcomer is admitted without a place");
    c->permit = true;
    c->at = life::authenticated;
    return true;
  }
  require(v.why != cause::none, "a newcomer is refused although there is a place");
  if (c->returning && (event_ != nullptr || now_ < c->deadline)) {
    require(hopeless(*c), "a newcomer is refused although its peer's connection may be dead");
    c->returning = must_evict_ = false;
    may_evict_for(*c, v);
    require(!must_evict_, "a newcomer is refused although somebody could go");
  }
  require(!now_arriving || !must_evict_, "a newcomer is refused although somebody could go");
  refuses(*c, v);
  does(what);
  return true;
}

/// Limits that were lowered below what is there.
void manager::lowered(const manager_options&) { lowering_ = true; }

/// How many connections that hold a permit and are not leaving count against the limit named, and
/// that limit.
std::pair<std::uint64_t, std::uint64_t> manager::against(const connection& c, cause limit) const {
  const auto count = [&](auto same) {
    std::uint64_t n = 0;
    for (const auto& [id, x] : connections_)
      n += x.permit && (x.at == life::ready || x.at == life::authenticated) && same(x);
    return n;
  };
  const auto in_subnet = [&](bool narrow) {
    const address_bytes a = bytes_of(c.remote);
    return count([&](const connection& x) {
      return !exempt(c.remote) && !exempt(x.remote) &&
             share(a, bytes_of(x.remote), subnet_bits(a, narrow));
    });
  };
  switch (limit) {
    case cause::per_peer_limit_reached:
      return {count([&](const connection& x) { return x.peer == c.peer; }),
              options_.max_connections_per_peer};
    case cause::inbound_limit_reached:
      return {count([&](const connection& x) { return x.inbound; }),
              options_.max_inbound_connections};
    case cause::outbound_limit_reached:
      return {count([&](const connection& x) { return !x.inbound; }),
              options_.max_outbound_connections};
    case cause::subnet_limit_reached:
      if (options_.max_connections_per_narrow_subnet > 0 &&
          in_subnet(true) > options_.max_connections_per_narrow_subnet)
        return {in_subnet(true), options_.max_connections_per_narrow_subnet};
      return {in_subnet(false), options_.max_connections_per_wide_subnet};
    case cause::memory_limit_reached:
      return {count([](const connection&) { return true; }),
              options_.max_memory / options_.connection_memory};
    default:
      return {
          count([](const connection&) { return true; }),
          options_.max_connections - (is_protected(c.peer) ? 0 : options_.reserved_connections)};
  }
}

void manager::drains(const actions::close& a) {
  connection& c = connections_.at(a.conn);
  const cause why = a.reason;
  const auto [count, limit] = against(c, why);
  const bool right = why == cause::denied ? now_denied(c) : lowering_ && limit > 0 && count > limit;
  require(right, "turned out although there is room, or it is not denied");
  c.end = why;
  c.at = life::closing;
  c.deadline = drained_at(c);
  require(a.drain_until == c.deadline, "how long a closed connection drains");
}

/// The narrowest limit that leaves no room for what there is, and `c` counts against; or none.
cause manager::limit_above(const connection& c) const {
  for (const cause limit :
       {cause::per_peer_limit_reached, cause::subnet_limit_reached,
        c.inbound ? cause::inbound_limit_reached : cause::outbound_limit_reached,
        cause::limit_reached, cause::memory_limit_reached}) {
    const auto [count, most] = against(c, limit);
    if (most > 0 && count > most) return limit;
  }
  return cause::none;
}

/// Whether an established connection has to go in this event, in which a rule came or went.
bool manager::now_denied(const connection& c) const {
  return ruling_ && (c.at == life::ready || c.at == life::authenticated) && c.permit &&
         denies(c.peer, c.remote);
}

/// An established connection that is not ready goes for a lowered limit, or a rule. What its peer
/// said before stands as the reason.
bool manager::turned_out(connection& c, cause reason) {
  if (c.at != life::authenticated || (c.end != cause::none && reason != c.end)) return false;
  const bool denied = now_denied(c);
  const cause why = denied ? cause::denied : c.end == cause::none ? reason : limit_above(c);
  if (denied ? c.end == cause::none && reason != why : !lowering_) return false;
  const auto [count, limit] = against(c, why);
  if (!denied && (limit == 0 || count <= limit)) return false;
  c.refused = true;
  ++counted_.refused[static_cast<std::size_t>(why)];
  if (c.inbound) {
    turned_out_.insert(c.id);
  } else if (c.dial != 0) {
    for (const request_id r : dials_.at(c.dial).requests) turned_out_requests_.insert(r);
  }
  return true;
}

}  // namespace tandem::reference
