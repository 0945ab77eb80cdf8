// SPDX-License-Identifier: MIT
// Whom a full node lets go, for an authenticated newcomer or so that the network does not freeze.
#include "core/life/state.hpp"
#include "core/mutant.hpp"

#include <algorithm>

namespace tandem {
using namespace detail;

namespace {

constexpr std::size_t index_of(direction way) noexcept { return static_cast<std::size_t>(way); }

/// Whether `count` has reached `limit`, 0 being none.
constexpr bool is_full(std::uint64_t count, std::uint64_t limit) noexcept {
  return limit > 0 && count >= limit;
}

}  // namespace

void connection_manager::state::join_ready(connection_slot conn_at) {
  connection& conn = connections[conn_at];
  auto& of_way = ready_slots[index_of(conn.way)];
  conn.ready_place = static_cast<std::uint32_t>(of_way.size());
  of_way.push_back(conn_at);
  arm_churn();
}

void connection_manager::state::leave_ready(connection_slot conn_at) {
  connection& conn = connections[conn_at];
  if (conn.ready_place == connection::no_place) return;
  auto& of_way = ready_slots[index_of(conn.way)];
  of_way[conn.ready_place] = of_way.back();
  connections[of_way.back()].ready_place = conn.ready_place;
  of_way.pop_back();
  conn.ready_place = connection::no_place;
}

rank connection_manager::state::rank_of(connection_slot conn_at) const {
  const connection& conn = connections[conn_at];
  standing merits;
  if (const peer_marks* marks = peers.marks_of(conn.peer)) merits.tag = marks->tag(now);
  if (const subnet_slot wide = conn.wide; wide != no_slot)
    merits.subnet_connections = subnets[wide].permits;
  const time_point since = conn.was_ready() ? conn.ready_at : now;
  merits.age = now - since;
  merits.bytes = conn.bytes;
  merits.srtt = conn.rtt.measured() ? conn.rtt.smoothed() : rtt_estimator::initial_timeout;
  return {score_of(merits), since, conn.id};
}

bool connection_manager::state::evict_for(connection_slot conn_at, const refusal& no) {
  if (options.eviction == eviction_mode::off || now < next_eviction) return false;
  if (no.why != cause::limit_reached && no.why != cause::inbound_limit_reached) return false;
  if (newcomers.size() >= options.eviction_sample) return false;
  const peer_slot peer = connections[conn_at].peer;
  for (const connection_slot other : newcomers)
    if (connections[other].peer == peer) return false;
  if (reputations.accept_refusal(peer)) return false;
  const connection_slot victim = worst_ready_for(conn_at);
  if (victim == no_slot) return false;
  next_eviction = later(now, options.eviction_interval);
  leave_newcomers(conn_at);
  newcomers.push_back(conn_at);
  connections[victim].victim = true;
  ++victims;
  evict(victim);
  wait(conn_at);
  return true;
}

void connection_manager::state::wait(connection_slot conn_at) {
  connections[conn_at].at = phase::waiting;
  if (connections[conn_at].way == direction::outbound) return;
  // It would have been adopted with its permit; so a dial does not compete with it meanwhile.
  if (const dial_slot dial_at = joinable_dial(connections[conn_at].peer);
      dial_at != no_slot && dials[dial_at].adopted == no_slot)
    adopt(dial_at, conn_at);
}

/// The direction the victim must have when that of the newcomer is full by itself.
std::optional<direction> connection_manager::state::direction_short(direction way) const {
  const bool inbound = way == direction::inbound;
  std::uint64_t taken = inbound ? counters.permits_inbound : counters.permits_outbound;
  for (const connection_slot other : newcomers) taken += connections[other].way == way;
  if (!is_full(taken, inbound ? options.max_inbound_connections : options.max_outbound_connections))
    return std::nullopt;
  return way;
}

connection_slot connection_manager::state::worst_ready_for(connection_slot newcomer) {
  const claim wanted = claim_of(connections[newcomer]);
  connection_slot worst;
  rank of_worst;
  const auto look_at = [&](connection_slot conn_at) {
    const connection& conn = connections[conn_at];
    const bool stays =
        peers.is_protected(conn.peer, now) && !mutant(mutation::protected_is_evicted);
    if (conn.peer == wanted.peer || stays) return;
    const rank order = rank_of(conn_at);
    if (worst != no_slot && !order.goes_before(of_worst)) return;
    // Nobody goes in vain: its place must be one that the newcomer can have.
    if (gate.refusal_instead(conn, wanted)) return;
    worst = conn_at;
    of_worst = order;
  };
  const auto way = direction_short(wanted.way);
  const auto& inbound = ready_slots[index_of(direction::inbound)];
  const auto& outbound = ready_slots[index_of(direction::outbound)];
  const std::uint64_t from = way == direction::outbound ? inbound.size() : 0;
  const std::uint64_t to = inbound.size() + (way == direction::inbound ? 0 : outbound.size());
  const auto at = [&](std::uint64_t i) {
    return i < inbound.size() ? inbound[i] : outbound[i - inbound.size()];
  };
  if (to - from <= options.eviction_sample)
    for (std::uint64_t i = from; i < to; ++i) look_at(at(i));
  else
    for (std::uint64_t n = 0; n < options.eviction_sample; ++n)
      look_at(at(from + random.up_to(to - from - 1)));
  return worst;
}

void connection_manager::state::evict(connection_slot victim) {
  const peer_slot peer = connections[victim].peer;
  ++counters.evicted_total;
  reputations.penalise(peer, options.eviction_penalty);
  settle(peer);
  close(victim, cause::evicted);
}

void connection_manager::state::serve_newcomers() {
  for (std::size_t i = 0; i < newcomers.size();) i = serve_newcomer(newcomers[i]) ? 0 : i + 1;
  while (newcomers.size() > victims) refuse_newcomer(newcomers.back());
}

/// What was true of its peer when `conn_at` came may have changed while it waited: true when that
/// refused it.
bool connection_manager::state::hold_back(connection_slot conn_at) {
  if (gate.denies(peers[connections[conn_at].peer].id, connections[conn_at].remote)) {
    refuse(conn_at, {cause::denied});
    return true;
  }
  if (connections[conn_at].way == direction::outbound) return false;
  const refusal no = reputations.accept_refusal(connections[conn_at].peer);
  if (no) refuse(conn_at, no);
  return bool(no);
}

/// True when that decided about `conn_at`.
bool connection_manager::state::serve_newcomer(connection_slot conn_at) {
  if (hold_back(conn_at)) return true;
  if (connections[conn_at].way == direction::inbound && resolve_simultaneous_open(conn_at))
    return true;
  const claim wanted = claim_of(connections[conn_at]);
  if (gate.permit_refusal(wanted)) return false;
  take_permit(conn_at, gate.issue(wanted));
  return true;
}

void connection_manager::state::refuse_newcomer(connection_slot conn_at) {
  if (hold_back(conn_at)) return;
  const refusal no = gate.permit_refusal(claim_of(connections[conn_at]));
  if (!no) return cut(conn_at, cause::handshake_timeout);
  refuse(conn_at, no);
}

void connection_manager::state::leave_newcomers(connection_slot conn_at) {
  if (connections[conn_at].at != phase::waiting) return;
  std::erase(newcomers, conn_at);
  connection_slot& returning = peers[connections[conn_at].peer].returning;
  if (returning == conn_at) returning = no_slot;
}

void connection_manager::state::take_turn(connection_slot conn_at, connection_slot of) {
  std::replace(newcomers.begin(), newcomers.end(), of, conn_at);
  connections[conn_at].at = phase::waiting;
}

void connection_manager::state::arm_churn() {
  const bool wanted = options.churn_interval > duration::zero() && !stopping &&
                      ready_slots[0].size() + ready_slots[1].size() > 0;
  if (!wanted)
    timers.disarm(node_timer::churn);
  else if (timers.armed(node_timer::churn) == never)
    timers.arm(node_timer::churn, later(now, options.churn_interval));
}

/// Lets one connection go at random when a newcomer would find no room.
void connection_manager::state::churn() {
  const bool full =
      is_full(counters.permits_live + options.reserved_connections, options.max_connections);
  const bool in_full = is_full(counters.permits_inbound, options.max_inbound_connections);
  const bool out_full = is_full(counters.permits_outbound, options.max_outbound_connections);
  const auto& inbound = ready_slots[index_of(direction::inbound)];
  const auto& outbound = ready_slots[index_of(direction::outbound)];
  const std::uint64_t from = full || in_full ? 0 : inbound.size();
  const std::uint64_t to = inbound.size() + (full || out_full ? outbound.size() : 0);
  // Drawn again when protected, so that the others are equally likely.
  for (std::uint64_t n = 0; from < to && n < options.eviction_sample; ++n) {
    const std::uint64_t i = from + random.up_to(to - from - 1);
    const connection_slot conn_at = i < inbound.size() ? inbound[i] : outbound[i - inbound.size()];
    if (peers.is_protected(connections[conn_at].peer, now)) continue;
    evict(conn_at);
    break;
  }
  arm_churn();
}

}  // namespace tandem
