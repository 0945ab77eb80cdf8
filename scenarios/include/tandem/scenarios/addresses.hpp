// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/identity.hpp"

#include <cstdint>
#include <vector>

namespace tandem::scenarios {

/// Which addresses the nodes of a group have. In a file `addresses`: see
/// scenarios/reference/groups.md.
struct address_spec {
  std::vector<address_range> in;  ///< each node has addresses of each of them
  std::uint32_t each = 1;         ///< so many of each
  std::uint32_t behind_one = 1;   ///< nodes that share an address, each with a port of its own
  std::uint32_t subnets = 0;      ///< nodes take turns in so many /24 or /48; 0: no such thing

  friend bool operator==(const address_spec&, const address_spec&) = default;
};

/// Bits of an address that name a subnet of `subnets`: the manager's wide ones.
constexpr unsigned subnet_prefix(bool v6) noexcept { return v6 ? 48 : 24; }

/// How many nodes of a group can have addresses of `range` as `of` says, at most 2^32.
std::uint64_t nodes_in(const address_range& range, const address_spec& of) noexcept;

}  // namespace tandem::scenarios
