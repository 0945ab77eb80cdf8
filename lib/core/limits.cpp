// SPDX-License-Identifier: MIT
// What limits, rates and access rules say about an address, and the subnets that permits count in.
#include "state.hpp"

namespace tandem {
using namespace detail;
using slot = slot_index;

void connection_manager::state::apply_rates() {
  node_rate = accept_rate(options.accept_rate, options.accept_burst);
  subnet_rate = accept_rate(options.subnet_accept_rate, options.subnet_accept_burst);
}

bool connection_manager::state::counts(subnet_width width) const noexcept {
  if (width == subnet_width::narrow) return options.max_connections_per_narrow_subnet > 0;
  // Scores want to know how many connections a wide subnet has, whether they are limited or not.
  return options.max_connections_per_wide_subnet > 0 || options.eviction != eviction_mode::off;
}

claim connection_manager::state::claim_for(slot peer, direction way, const endpoint& where) const {
  const auto known = [&](subnet_width width) {
    if (!counts(width)) return no_slot;
    const auto net = subnet_of(where, width, options);
    return net ? subnets.find(*net, width) : no_slot;
  };
  return {peer, known(subnet_width::narrow), known(subnet_width::wide), way};
}

void connection_manager::state::prefetch_subnets(const endpoint& where) const {
  for (const subnet_width width : {subnet_width::narrow, subnet_width::wide})
    if (counts(width))
      if (const auto net = subnet_of(where, width, options)) subnets.prefetch(*net, width);
}

claim connection_manager::state::claim_of(slot s) const {
  const connection& c = connections[s];
  return claim_for(c.peer, c.way, c.remote);
}

claim connection_manager::state::interned(claim wanted, const endpoint& where) {
  const auto intern = [&](slot& known, subnet_width width) {
    if (known != no_slot || !counts(width)) return;
    if (const auto net = subnet_of(where, width, options)) known = subnets.intern(*net, width);
  };
  intern(wanted.narrow, subnet_width::narrow);
  intern(wanted.wide, subnet_width::wide);
  return wanted;
}

void connection_manager::state::settle_subnets(const claim& held) {
  subnets.settle(held.narrow, now, options.max_remembered_subnets);
  subnets.settle(held.wide, now, options.max_remembered_subnets);
}

permit connection_manager::state::issue(const claim& wanted, const endpoint& where) {
  permit right = ledger.issue(interned(wanted, where));
  settle_subnets(right.held());
  return right;
}

void connection_manager::state::move(permit& right, const claim& wanted, const endpoint& where) {
  const claim before = right.held();
  ledger.move(right, interned(wanted, where));
  settle_subnets(before);
  settle_subnets(right.held());
}

void connection_manager::state::recount_subnets() {
  for (slot s = 0; s < connections.bound(); ++s) {
    permit& right = connections[s].right;
    if (!right) continue;
    claim bare = right.held();
    bare.narrow = bare.wide = no_slot;
    ledger.move(right, bare);
  }
  // Whatever was remembered is about subnets of the old widths.
  subnets = subnet_table();
  for (slot s = 0; s < connections.bound(); ++s) {
    connection& c = connections[s];
    if (c.right) move(c.right, c.right.held(), c.remote);
  }
}

shortage connection_manager::state::memory_shortage(std::uint64_t others) const {
  const std::uint64_t used = others * options.connection_memory;
  if (options.max_memory == 0 || used + options.connection_memory <= options.max_memory) return {};
  return {cause::memory_limit_reached, used, options.max_memory};
}

shortage connection_manager::state::address_verdict(const endpoint& address, slot peer) const {
  if (access_rules.of(address, now) == access::denied) {
    const bool allowed = peer != no_slot && access_rules.of(peers[peer].id, now) == access::allowed;
    if (!allowed) return {cause::denied};
  }
  if (const auto open = subnet_circuit(address); open.why != cause::none)
    return {open.why, 0, 0, open.until};
  return ledger.subnet_shortage_for(claim_for(peer, direction::outbound, address), options);
}

shortage connection_manager::state::rate_verdict(const endpoint& remote) {
  const auto refused = [](time_point until, std::uint64_t burst) {
    return shortage{cause::rate_limited, burst, burst, until};
  };
  if (node_rate.limits()) {
    const time_point ready = node_rate.ready_at(node_bucket_full, now);
    if (ready > now) return refused(ready, options.accept_burst);
  }
  if (subnet_rate.limits()) {
    if (const auto net = subnet_of(remote, subnet_width::narrow, options)) {
      const slot subnet = subnets.intern(*net, subnet_width::narrow);
      time_point& full = subnets[subnet].bucket_full;
      const time_point ready = subnet_rate.ready_at(full, now);
      if (ready == now) subnet_rate.take(full, now);
      subnets.settle(subnet, now, options.max_remembered_subnets);
      if (ready > now) return refused(ready, options.subnet_accept_burst);
    }
  }
  // Taken last: what one subnet has no right to does not use up the arrivals of the others.
  if (node_rate.limits()) node_rate.take(node_bucket_full, now);
  return {};
}

shortage connection_manager::state::arrival_verdict(const endpoint& remote, std::uint64_t others) {
  if (stopping) return {cause::shutting_down};
  if (access_rules.of(remote, now) == access::denied) return {cause::denied};
  if (const shortage rate = rate_verdict(remote); rate.why != cause::none) return rate;
  if (memory_pressure)
    return {cause::memory_limit_reached, others * options.connection_memory, options.max_memory};
  if (const shortage memory = memory_shortage(others); memory.why != cause::none) return memory;
  if (counters.pending_inbound >= options.max_pending_inbound)
    return {cause::pending_limit_reached, counters.pending_inbound, options.max_pending_inbound};
  return {};
}

}  // namespace tandem
