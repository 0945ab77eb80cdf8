// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace tandem::detail {

enum class address_family : std::uint8_t { none, v4, v6 };

/// IPv4-mapped IPv6 addresses (RFC 4291, 2.5.5.2) are reached over IPv4.
address_family family_of(const endpoint& address) noexcept;

/// One address of a dial that may be tried next.
struct address_candidate {
  address_family family = address_family::none;
  bool proven = false;  ///< connected before in this dial
  bool late = false;    ///< failed lately, in this dial or another
};

/// Which of `candidates` (at least one, in the order given by whoever knew them) is tried next,
/// when the last one tried was of family `last` (none: nothing was tried yet). Proven ones first,
/// late ones last; among the others the families take turns, IPv6 begins, and the order within a
/// family is kept (RFC 8305, section 4, with a First Address Family Count of 1).
std::size_t next_address(std::span<const address_candidate> candidates,
                         address_family last) noexcept;

}  // namespace tandem::detail
