// SPDX-License-Identifier: MIT
// What limits, rates and access rules say about an address, and the subnets that permits count in.
#include "core/life/state.hpp"

namespace tandem {
using namespace detail;

void connection_manager::state::apply_rates() {
  node_rate = accept_rate(options.accept_rate, options.accept_burst);
  subnet_rate = accept_rate(options.subnet_accept_rate, options.subnet_accept_burst);
}

bool connection_manager::state::counts(subnet_width width) const noexcept {
  if (width == subnet_width::narrow)
    return options.max_connections_per_narrow_subnet > 0 || subnet_rate.limits();
  // Scores want to know how many connections a wide subnet has, whether they are limited or not.
  return options.max_connections_per_wide_subnet > 0 || options.max_pending_per_wide_subnet > 0 ||
         options.eviction != eviction_mode::off;
}

claim connection_manager::state::claim_for(peer_slot peer, direction way,
                                           const endpoint& where) const {
  const auto known = [&](subnet_width width) -> subnet_slot {
    if (!counts(width)) return no_slot;
    const auto range = subnet_of(where, width, options);
    return range ? subnets.find(*range, width) : no_slot;
  };
  return {peer, known(subnet_width::narrow), known(subnet_width::wide), way};
}

claim connection_manager::state::claim_of(connection_slot s) const {
  const connection& c = connections[s];
  return {c.peer, c.narrow, c.wide, c.way};
}

void connection_manager::state::enter_subnets(connection_slot s) {
  connection& c = connections[s];
  const auto enter = [&](subnet_width width) -> subnet_slot {
    if (!counts(width)) return no_slot;
    const auto range = subnet_of(c.remote, width, options);
    if (!range) return no_slot;
    const subnet_slot subnet = subnets.intern(*range, width);
    ++subnets[subnet].users;
    return subnet;
  };
  c.narrow = enter(subnet_width::narrow);
  c.wide = enter(subnet_width::wide);
}

void connection_manager::state::leave_subnet(subnet_slot subnet) {
  if (subnet == no_slot) return;
  --subnets[subnet].users;
  subnets.settle(subnet, now, options.max_remembered_subnets);
}

void connection_manager::state::recount_subnets() {
  for (const connection_slot s : connections) {
    connection& c = connections[s];
    c.narrow = c.wide = no_slot;
    if (c.right) ledger.move(c.right, claim_of(s));
  }
  // Whatever was remembered is about subnets of the old widths.
  subnets = subnet_table(mix(seed));
  for (const connection_slot s : connections) {
    connection& c = connections[s];
    if (!c.used) continue;
    enter_subnets(s);
    if (c.right) ledger.move(c.right, claim_of(s));
    if (c.among == counted::pending && c.way == direction::inbound && c.wide != no_slot)
      ++subnets[c.wide].pending;
  }
}

refusal connection_manager::state::memory_refusal(std::uint64_t others) const {
  const std::uint64_t used = others * options.connection_memory;
  if (options.max_memory == 0 || used + options.connection_memory <= options.max_memory) return {};
  return {cause::memory_limit_reached, used, options.max_memory};
}

/// A rule about the peer is more exact than one about where it is.
bool connection_manager::state::denies(const peer_id& peer, const endpoint& where) const {
  const auto of_peer = access_rules.of(peer, now);
  return of_peer == access::denied ||
         (of_peer != access::allowed && access_rules.of(where, now) == access::denied);
}

refusal connection_manager::state::address_refusal(const endpoint& address, peer_slot peer) const {
  if (denies(peer == no_slot ? peer_id{} : peers[peer].id, address)) return {cause::denied};
  if (const refusal open = reputations.circuit_refusal(address)) return open;
  return ledger.subnet_refusal_for(claim_for(peer, direction::outbound, address), options);
}

refusal connection_manager::state::rate_refusal(connection_slot s) {
  const auto refused = [](time_point until, std::uint64_t burst) {
    return refusal{cause::rate_limited, burst, burst, until};
  };
  if (node_rate.limits()) {
    const time_point ready = node_rate.ready_at(node_bucket_full, now);
    if (ready > now) return refused(ready, options.accept_burst);
  }
  if (const subnet_slot narrow = connections[s].narrow; narrow != no_slot && subnet_rate.limits()) {
    time_point& full = subnets[narrow].bucket_full;
    const time_point ready = subnet_rate.ready_at(full, now);
    if (ready > now) return refused(ready, options.subnet_accept_burst);
    subnet_rate.take(full, now);
  }
  // Taken last: what one subnet has no right to does not use up the arrivals of the others.
  if (node_rate.limits()) node_rate.take(node_bucket_full, now);
  return {};
}

refusal connection_manager::state::pending_refusal(connection_slot s) const {
  const auto none_left = [](std::uint64_t count, std::uint64_t limit) {
    return refusal{cause::pending_limit_reached, count, limit};
  };
  if (counters.pending_inbound >= options.max_pending_inbound)
    return none_left(counters.pending_inbound, options.max_pending_inbound);
  const subnet_slot wide = connections[s].wide;
  const std::uint64_t limit = options.max_pending_per_wide_subnet;
  if (wide != no_slot && limit > 0 && subnets[wide].pending >= limit)
    return none_left(subnets[wide].pending, limit);
  return {};
}

refusal connection_manager::state::arrival_refusal(connection_slot s) {
  if (stopping) return {cause::shutting_down};
  if (access_rules.of(connections[s].remote, now) == access::denied) return {cause::denied};
  enter_subnets(s);
  if (const refusal rate = rate_refusal(s)) return rate;
  const std::uint64_t others = connections.size() - 1;
  if (memory_pressure)
    return {cause::memory_limit_reached, others * options.connection_memory, options.max_memory};
  if (const refusal memory = memory_refusal(others)) return memory;
  return pending_refusal(s);
}

}  // namespace tandem
