// SPDX-License-Identifier: MIT
// What goes when the operator says so. When a limit was lowered below what is there: limit by
// limit, the narrowest first, since what goes for one helps the wider ones; of each the worst go,
// protected peers last. And whom a rule denies.
// Everything here costs O(n log n) and allocates: such a command is rare.
#include "core/life/state.hpp"

#include <algorithm>
#include <limits>

namespace tandem {
using namespace detail;

namespace {

constexpr std::uint32_t no_group = std::numeric_limits<std::uint32_t>::max();

/// One established connection that could go.
struct candidate {
  connection_slot connection;
  std::uint32_t group = 0;  ///< those with the same one share a limit
  bool is_protected = false;
  bool gone = false;
  rank order;
};

bool goes_before(const candidate& one, const candidate& other) noexcept {
  if (one.group != other.group) return one.group < other.group;
  if (one.is_protected != other.is_protected) return other.is_protected;
  return one.order.goes_before(other.order);
}

/// Whether `now` allows less than `before`, 0 being no limit.
bool is_lowered(std::uint64_t before, std::uint64_t now) noexcept {
  return now > 0 && (before == 0 || now < before);
}

/// How many connections there is memory for, 0 being no limit.
std::uint64_t memory_limit(const limit_options& limits) noexcept {
  return limits.max_memory / limits.connection_memory;
}

/// How many of `group` are too many: all above `limit`, unprotected ones also above `unprotected`.
std::uint64_t surplus_of(std::span<const candidate> group, std::uint64_t limit,
                         std::uint64_t unprotected) noexcept {
  const auto above = [&](std::uint64_t most) {
    return group.size() > most ? group.size() - most : std::uint64_t{0};
  };
  const auto first_protected = std::partition_point(group.begin(), group.end(),
                                                    [](auto& conn) { return !conn.is_protected; });
  const auto ordinary = static_cast<std::uint64_t>(first_protected - group.begin());
  return std::max(above(limit), std::min(above(unprotected), ordinary));
}

}  // namespace

struct connection_manager::state::drain {
  state& of;
  std::vector<candidate> left;

  explicit drain(state& whose) : of(whose) {
    for (const connection_slot conn_at : of.connections) {
      const connection& conn = of.connections[conn_at];
      // Those on their way out are no part of what stays.
      if (!conn.used || !conn.right || (conn.at != phase::ready && conn.at != phase::authenticated))
        continue;
      left.push_back(
          {conn_at, 0, of.peers.is_protected(conn.peer, of.now), false, of.rank_of(conn_at)});
    }
  }

  /// Ends what is above `limit` in each group. `group_of` gives no_group for those without the
  /// limit. Who goes is told both numbers in units of `each`.
  void limit_each(cause why, std::uint64_t limit, std::uint64_t unprotected, auto group_of,
                  std::uint64_t each = 1) {
    for (candidate& who : left) who.group = group_of(of.connections[who.connection]);
    std::sort(left.begin(), left.end(), goes_before);
    for (auto first = left.begin(), last = first; first != left.end(); first = last) {
      last = std::find_if(first, left.end(), [&](auto& who) { return who.group != first->group; });
      if (first->group != no_group) {
        const std::uint64_t count = static_cast<std::uint64_t>(last - first);
        auto surplus = surplus_of({first, last}, limit, unprotected);
        for (; surplus > 0; --surplus, ++first) {
          of.refuse(first->connection, {why, count * each, limit * each});
          first->gone = true;
        }
      }
    }
    std::erase_if(left, [](const candidate& who) { return who.gone; });
  }
};

void connection_manager::state::drain_surplus(const manager_options& before) {
  const manager_options& limits = options;
  const bool per_peer =
      is_lowered(before.max_connections_per_peer, limits.max_connections_per_peer);
  const bool subnets_change =
      static_cast<const subnet_options&>(before) != static_cast<const subnet_options&>(limits);
  const bool narrow = subnets_change && limits.max_connections_per_narrow_subnet > 0;
  const bool wide = subnets_change && limits.max_connections_per_wide_subnet > 0;
  const bool in = is_lowered(before.max_inbound_connections, limits.max_inbound_connections);
  const bool out = is_lowered(before.max_outbound_connections, limits.max_outbound_connections);
  const bool node = limits.max_connections < before.max_connections ||
                    limits.max_connections - limits.reserved_connections <
                        before.max_connections - before.reserved_connections;
  const bool memory = is_lowered(memory_limit(before), memory_limit(limits));
  if (!per_peer && !narrow && !wide && !in && !out && !node && !memory) return;

  drain all(*this);
  const auto each = [&](bool wanted, cause why, std::uint64_t limit, auto group_of) {
    if (wanted) all.limit_each(why, limit, limit, group_of);
  };
  const auto of_way = [](direction way) {
    return [way](const connection& conn) { return conn.way == way ? 0 : no_group; };
  };
  each(per_peer, cause::per_peer_limit_reached, limits.max_connections_per_peer,
       [](const connection& conn) { return conn.peer.index(); });
  each(narrow, cause::subnet_limit_reached, limits.max_connections_per_narrow_subnet,
       [](const connection& conn) { return conn.narrow.index(); });
  each(wide, cause::subnet_limit_reached, limits.max_connections_per_wide_subnet,
       [](const connection& conn) { return conn.wide.index(); });
  each(in, cause::inbound_limit_reached, limits.max_inbound_connections,
       of_way(direction::inbound));
  each(out, cause::outbound_limit_reached, limits.max_outbound_connections,
       of_way(direction::outbound));
  const auto any = [](const connection&) { return std::uint32_t{0}; };
  if (node)
    all.limit_each(cause::limit_reached, limits.max_connections,
                   limits.max_connections - limits.reserved_connections, any);
  // Pending ones are counted when the next one arrives: they end by themselves soon.
  if (memory)
    all.limit_each(cause::memory_limit_reached, memory_limit(limits), memory_limit(limits), any,
                   limits.connection_memory);
}

/// Whom the rules now in force would refuse does not stay either. Those that are not authenticated
/// are asked about then.
void connection_manager::state::end_denied() {
  const auto goes = [this](const connection& conn) {
    return conn.used && conn.right &&
           (conn.at == phase::ready || conn.at == phase::authenticated) &&
           gate.denies(peers[conn.peer].id, conn.remote);
  };
  std::vector<connection_slot> all;
  for (const connection_slot conn_at : connections)
    if (goes(connections[conn_at])) all.push_back(conn_at);
  for (const connection_slot conn_at : all)
    if (goes(connections[conn_at])) refuse(conn_at, {cause::denied});
}

}  // namespace tandem
