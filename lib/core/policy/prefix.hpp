// SPDX-License-Identifier: MIT
#pragma once

#include "core/table/hash.hpp"
#include "tandem/core/ids.hpp"

#include <cstdint>

namespace tandem::detail {

/// The addresses that share their first `length` bits, in the space of IPv6. IPv4 addresses are
/// IPv4-mapped there (::ffff:0:0/96; RFC 4291, 2.5.5.2), whichever way they were written, so that
/// nobody has two identities.
struct prefix {
  static constexpr unsigned length_most = 128;
  static constexpr unsigned v4_from = 96;  ///< an IPv4 prefix of n bits is one of 96 + n here

  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::uint8_t length = length_most;

  friend constexpr bool operator==(const prefix&, const prefix&) = default;
};

/// The one address of `where` as a prefix.
constexpr prefix prefix_of(const endpoint& where) noexcept {
  const std::uint8_t* const bytes = where.address.data();
  if (!where.v6) return {0, 0xffff00000000ULL | big_endian(bytes) >> 32};
  return {big_endian(bytes), big_endian(bytes + 8)};
}

constexpr bool is_v4(const prefix& n) noexcept { return n.high == 0 && n.low >> 32 == 0xffff; }

/// The first `length` bits of `n`; the rest is zero.
constexpr prefix first_bits(prefix n, unsigned length) noexcept {
  if (length <= 64) {
    n.low = 0;
    n.high &= length == 0 ? 0 : ~std::uint64_t{0} << (64 - length);
  } else if (length < prefix::length_most) {
    n.low &= ~std::uint64_t{0} << (128 - length);
  }
  n.length = static_cast<std::uint8_t>(length);
  return n;
}

constexpr std::uint64_t hash_of(const prefix& n, std::uint64_t salt = 0) noexcept {
  return mix(folded(n.high ^ salt ^ 0xa0761d6478bd642fULL,
                    (n.low + n.length) ^ (salt << 32 | salt >> 32) ^ 0xe7037ed1a0b428dbULL));
}

}  // namespace tandem::detail
