// SPDX-License-Identifier: MIT
#include "core/life/gate.hpp"

#include "core/mutant.hpp"

#include <utility>

namespace tandem::detail {

gate::gate(const shared& with) : with_(with), ledger_(with.counters, with.peers, with.subnets) {
  apply_options();
}

void gate::apply_options() {
  const manager_options& options = with_.options;
  node_rate_ = accept_rate(options.accept_rate, options.accept_burst);
  subnet_rate_ = accept_rate(options.subnet_accept_rate, options.subnet_accept_burst);
  // Scores want to know how many connections a wide subnet has, whether they are limited or not.
  counted_ = {options.max_connections_per_narrow_subnet > 0 || subnet_rate_.limits(),
              options.max_connections_per_wide_subnet > 0 ||
                  options.max_pending_per_wide_subnet > 0 ||
                  options.eviction != eviction_mode::off};
}

bool gate::rule(const peer_id& peer, access what, bool on, time_point until) {
  if (on) return rules_.set(peer, what, until, with_.now, with_.options.max_access_rules);
  rules_.take_back(peer, what);
  return true;
}

bool gate::rule(const prefix& range, access what, bool on, time_point until) {
  if (on) return rules_.set(range, what, until, with_.now, with_.options.max_access_rules);
  rules_.take_back(range, what);
  return true;
}

bool gate::denies(const peer_id& peer, const endpoint& where) const {
  if (mutant(mutation::ban_ignored)) return false;
  const access of_peer = rules_.of(peer, with_.now);
  return of_peer == access::denied ||
         (of_peer != access::allowed && rules_.of(where, with_.now) == access::denied);
}

refusal gate::arrival_refusal(connection& arrived, std::uint64_t others) {
  gave_descriptor_ = {};
  descriptors_out_ = false;
  if (rules_.of(arrived.remote, with_.now) == access::denied) return {cause::denied};
  enter_subnets(arrived);
  if (const refusal no = rate_refusal(arrived)) return no;
  if (memory_pressure_)
    return {cause::memory_limit_reached, others * with_.options.connection_memory,
            with_.options.max_memory};
  return {};
}

refusal gate::rate_refusal(const connection& arrived) {
  const auto refused = [](time_point until, std::uint64_t burst) {
    return refusal{cause::rate_limited, burst, burst, until};
  };
  if (mutant(mutation::accept_rate_ignored)) return {};
  const time_point now = with_.now;
  if (node_rate_.limits()) {
    const time_point ready = node_rate_.ready_at(node_full_, now);
    if (ready > now) return refused(ready, with_.options.accept_burst);
  }
  if (arrived.narrow != no_slot && subnet_rate_.limits()) {
    time_point& full = with_.subnets[arrived.narrow].bucket_full;
    const time_point ready = subnet_rate_.ready_at(full, now);
    if (ready > now) return refused(ready, with_.options.subnet_accept_burst);
    subnet_rate_.take(full, now);
  }
  // Taken last: what one subnet has no right to does not use up the arrivals of the others.
  if (node_rate_.limits()) node_rate_.take(node_full_, now);
  return {};
}

gate::crowd gate::arrival_crowd(const connection& arrived, std::uint64_t others,
                                std::uint32_t ahead) const {
  const auto crowd_of = [](std::uint64_t count, std::uint64_t limit, const auto& oldest_first) {
    if (mutant(mutation::silent_keep_newcomers_out))
      return crowd{{cause::pending_limit_reached, count, limit}, no_slot};
    return crowd{{cause::pending_limit_reached, count, limit}, oldest_first.first};
  };
  if (mutant(mutation::pending_limit_ignored)) return {};
  // Its own subnet first: what that has too much of, others do not make room for.
  const std::uint64_t limit = with_.options.max_pending_per_wide_subnet;
  if (arrived.wide != no_slot && limit > 0) {
    const subnet_entry& wide = with_.subnets[arrived.wide];
    if (wide.pending >= limit) return crowd_of(wide.pending, limit, wide.unauthenticated);
  }
  const std::uint64_t pending = with_.counters.pending_inbound;
  if (pending < with_.options.max_pending_inbound)
    return memory_crowd(direction::inbound, others, ahead);
  return crowd_of(pending, with_.options.max_pending_inbound, unauthenticated(direction::inbound));
}

gate::crowd gate::memory_crowd(direction newcomer, std::uint64_t others,
                               std::uint32_t ahead) const {
  const refusal no = memory_refusal(others);
  // Nobody goes in vain: the limit may have been lowered by more than one.
  if (!no || memory_refusal(others - 1)) return {no, no_slot};
  return {no, longest(newcomer, ahead)};
}

gate::crowd gate::descriptor_crowd(direction newcomer, std::uint32_t ahead) {
  bool& gave = gave_descriptor_[static_cast<std::size_t>(newcomer)];
  const connection_slot goes = gave ? no_slot : longest(newcomer, ahead);
  if (goes == no_slot) return {};
  gave = true;
  const std::uint64_t pending = with_.counters.pending_inbound;
  return {{cause::pending_limit_reached, pending, pending}, goes};
}

connection_slot gate::longest(direction newcomer, std::uint32_t ahead) const {
  const auto& arrivals = unauthenticated(direction::inbound);
  const auto& attempts = unauthenticated(direction::outbound);
  const bool dialled = newcomer == direction::outbound;
  if (dialled) return arrivals.size > attempts.size + ahead ? arrivals.first : connection_slot{};
  return attempts.size > arrivals.size + ahead ? attempts.first : arrivals.first;
}

refusal gate::memory_refusal(std::uint64_t others) const {
  const std::uint64_t each = with_.options.connection_memory;
  const std::uint64_t limit = with_.options.max_memory;
  const std::uint64_t used = others * each;
  if (limit == 0 || used + each <= limit) return {};
  return {cause::memory_limit_reached, used, limit};
}

refusal gate::dial_refusal(peer_slot peer, time_point at) const {
  return ledger_.refusal_for({.peer = peer}, with_.options, at);
}

refusal gate::address_refusal(peer_slot peer, const endpoint& where) const {
  const auto known = [&](subnet_width width) -> subnet_slot {
    if (!counts(width)) return no_slot;
    const auto range = subnet_of(where, width, with_.options);
    return range ? with_.subnets.find(*range, width) : no_slot;
  };
  const claim wanted{peer, known(subnet_width::narrow), known(subnet_width::wide)};
  return ledger_.subnet_refusal_for(wanted, with_.options);
}

refusal gate::permit_refusal(claim wanted) const {
  return ledger_.refusal_for(wanted, with_.options, with_.now);
}

refusal gate::refusal_instead(const connection& holder, claim wanted) {
  if (!holder.right) return permit_refusal(wanted);
  ledger_.uncount(claim_of(holder));
  const refusal without = permit_refusal(wanted);
  ledger_.count(claim_of(holder));
  return without;
}

permit gate::hand_over(connection& holder, claim wanted) noexcept {
  ledger_.uncount(claim_of(holder));
  ledger_.count(wanted);
  return std::move(holder.right);
}

void gate::give_back(connection& holder) noexcept {
  if (holder.right) ledger_.give_back(holder.right, claim_of(holder));
}

void gate::enter_subnets(connection& conn) {
  const auto enter = [&](subnet_width width) -> subnet_slot {
    if (!counts(width)) return no_slot;
    const auto range = subnet_of(conn.remote, width, with_.options);
    if (!range) return no_slot;
    const subnet_slot subnet = with_.subnets.intern(*range, width);
    ++with_.subnets[subnet].users;
    return subnet;
  };
  conn.narrow = enter(subnet_width::narrow);
  conn.wide = enter(subnet_width::wide);
}

void gate::leave_subnet(subnet_slot subnet) {
  if (subnet == no_slot) return;
  --with_.subnets[subnet].users;
  with_.subnets.settle(subnet, with_.now, with_.options.max_remembered_subnets);
}

void gate::enter_pending(slot_table<connection>& connections, connection_slot conn_at) {
  connection& conn = connections[conn_at];
  conn.among = counted::pending;
  unauthenticated_[static_cast<std::size_t>(conn.way)].append(connections, &connection::by_age,
                                                              conn_at);
  if (conn.way == direction::outbound) {
    ++with_.counters.pending_outbound;
    return;
  }
  ++with_.counters.pending_inbound;
  if (conn.wide == no_slot) return;
  subnet_entry& wide = with_.subnets[conn.wide];
  ++wide.pending;
  wide.unauthenticated.append(connections, &connection::by_age_in_subnet, conn_at);
}

void gate::leave_pending(slot_table<connection>& connections, connection_slot conn_at) {
  connection& conn = connections[conn_at];
  if (conn.among != counted::pending) return;
  conn.among = counted::nowhere;
  leave_unauthenticated(connections, conn_at);
  if (conn.way == direction::outbound) {
    --with_.counters.pending_outbound;
    return;
  }
  --with_.counters.pending_inbound;
  if (conn.wide != no_slot) --with_.subnets[conn.wide].pending;
}

void gate::leave_unauthenticated(slot_table<connection>& connections, connection_slot conn_at) {
  const connection& conn = connections[conn_at];
  unauthenticated_[static_cast<std::size_t>(conn.way)].remove(connections, &connection::by_age,
                                                              conn_at);
  if (const subnet_slot wide = conn.wide; wide != no_slot)
    with_.subnets[wide].unauthenticated.remove(connections, &connection::by_age_in_subnet, conn_at);
}

void gate::options_changed(const manager_options& before, slot_table<connection>& connections) {
  const auto counted_before = counted_;
  apply_options();
  const subnet_options& old = before;
  if (old != with_.options || counted_before != counted_) recount_subnets(connections);
}

/// Counts all connections and permits anew.
void gate::recount_subnets(slot_table<connection>& connections) {
  for (const connection_slot conn_at : connections) {
    connection& conn = connections[conn_at];
    if (conn.right) ledger_.uncount(claim_of(conn));
    conn.narrow = conn.wide = no_slot;
    conn.by_age_in_subnet = {};
  }
  // Whatever was remembered is about subnets of the old widths.
  with_.subnets.forget_all();
  for (const connection_slot conn_at : connections) {
    connection& conn = connections[conn_at];
    enter_subnets(conn);
    if (conn.right) ledger_.count(claim_of(conn));
    if (conn.among == counted::pending && conn.way == direction::inbound && conn.wide != no_slot)
      ++with_.subnets[conn.wide].pending;
  }
  for (connection_slot conn_at = unauthenticated(direction::inbound).first; conn_at != no_slot;
       conn_at = connections[conn_at].by_age.next)
    if (const subnet_slot wide = connections[conn_at].wide; wide != no_slot)
      with_.subnets[wide].unauthenticated.append(connections, &connection::by_age_in_subnet,
                                                 conn_at);
}

}  // namespace tandem::detail
