// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/ids.hpp"
#include "tandem/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace tandem::detail {

enum class address_family : std::uint8_t { none, v4, v6 };

/// IPv4-mapped IPv6 addresses (RFC 4291, 2.5.5.2) are reached over IPv4.
address_family family_of(const endpoint& address) noexcept;

/// What is remembered of an address: the past when nothing is.
struct address_history {
  time_point worked_at = time_point::min();  ///< the last connection
  time_point failed_at = time_point::min();  ///< the last attempt since that brought nothing
};

/// One address of a dial that may be tried next.
struct address_candidate {
  address_family family = address_family::none;
  bool proven = false;    ///< connected before in this dial
  bool gave_way = false;  ///< its attempt in this dial gave way to other dials
  address_history history{};
};

/// Which of `candidates` (at least one, in the order given by whoever knew them) is tried next,
/// when the last one tried was of family `last` (none: nothing was tried yet). Proven ones come
/// first, then those that worked, the latest first, then those never tried, then those whose
/// attempt gave way, then those that failed since, the longest ago first. Among equals the families
/// take turns, IPv6 begins, and the order within a family is kept (RFC 8305, section 4, with a
/// First Address Family Count of 1).
std::size_t next_address(std::span<const address_candidate> candidates,
                         address_family last) noexcept;

}  // namespace tandem::detail
