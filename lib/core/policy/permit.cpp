// SPDX-License-Identifier: MIT
#include "core/policy/permit.hpp"

#include "core/mutant.hpp"

#include <array>

namespace tandem::detail {

refusal permit_ledger::refusal_for(claim wanted, const manager_options& options,
                                   time_point now) const noexcept {
  const std::uint64_t live = counters_.permits_live;
  if (live + options.reserved_connections >= options.max_connections) {
    const bool all = options.reserved_connections == 0 || peers_.is_protected(wanted.peer, now);
    const std::uint64_t limit = options.max_connections - (all ? 0 : options.reserved_connections);
    if (live >= limit + mutant(mutation::limit_off_by_one))
      return {cause::limit_reached, live, limit};
  }
  const bool in = wanted.way == direction::inbound;
  const std::uint64_t way_limit =
      in ? options.max_inbound_connections : options.max_outbound_connections;
  const std::uint64_t of_way = in ? counters_.permits_inbound : counters_.permits_outbound;
  if (way_limit > 0 && of_way >= way_limit)
    return {in ? cause::inbound_limit_reached : cause::outbound_limit_reached, of_way, way_limit};
  if (wanted.peer != no_slot) {
    const std::uint64_t of_peer = peers_[wanted.peer].permits;
    if (of_peer >= options.max_connections_per_peer + mutant(mutation::per_peer_limit_off_by_one))
      return {cause::per_peer_limit_reached, of_peer, options.max_connections_per_peer};
  }
  return subnet_refusal_for(wanted, options);
}

refusal permit_ledger::subnet_refusal_for(claim wanted,
                                          const manager_options& options) const noexcept {
  const auto is_full = [&](subnet_slot subnet, std::uint64_t limit) {
    return subnet != no_slot && limit > 0 && subnets_[subnet].permits >= limit;
  };
  const std::uint64_t narrow_limit = options.max_connections_per_narrow_subnet;
  if (is_full(wanted.narrow, narrow_limit))
    return {cause::subnet_limit_reached, subnets_[wanted.narrow].permits, narrow_limit};
  const std::uint64_t wide_limit = options.max_connections_per_wide_subnet;
  if (is_full(wanted.wide, wide_limit))
    return {cause::subnet_limit_reached, subnets_[wanted.wide].permits, wide_limit};
  return {};
}

permit permit_ledger::issue(claim wanted) noexcept {
  ++counters_.permits_issued;
  count(wanted);
  return permit(true);
}

void permit_ledger::give_back(permit& right, claim held) noexcept {
  TANDEM_ASSERT(right);
  right.held_ = false;
  if (mutant(mutation::permit_leaked)) return;
  ++counters_.permits_released;
  uncount(held);
}

void permit_ledger::count(claim held) noexcept {
  ++counters_.permits_live;
  ++(held.way == direction::inbound ? counters_.permits_inbound : counters_.permits_outbound);
  ++peers_[held.peer].permits;
  if (held.narrow != no_slot) ++subnets_[held.narrow].permits;
  if (held.wide != no_slot) ++subnets_[held.wide].permits;
}

void permit_ledger::uncount(claim held) noexcept {
  const auto less = [](auto& count) {
    TANDEM_ASSERT(count > 0);
    --count;
  };
  less(counters_.permits_live);
  less(held.way == direction::inbound ? counters_.permits_inbound : counters_.permits_outbound);
  less(peers_[held.peer].permits);
  if (held.narrow != no_slot) less(subnets_[held.narrow].permits);
  if (held.wide != no_slot) less(subnets_[held.wide].permits);
}

bool permit_ledger::conserved() const noexcept {
  const manager_counters& c = counters_;
  std::uint64_t of_peers = 0;
  for (const peer_slot peer : peers_) of_peers += peers_[peer].permits;
  std::array<std::uint64_t, 2> of_subnets{};
  for (const subnet_slot subnet : subnets_)
    of_subnets[static_cast<std::size_t>(subnets_[subnet].width)] += subnets_[subnet].permits;
  return c.permits_issued - c.permits_released == c.permits_live &&
         c.permits_inbound + c.permits_outbound == c.permits_live && of_peers == c.permits_live &&
         of_subnets[0] <= c.permits_live && of_subnets[1] <= c.permits_live;
}

}  // namespace tandem::detail
