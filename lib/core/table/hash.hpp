// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/ids.hpp"

#include <cstdint>

namespace tandem::detail {

/// A 64-bit finaliser (SplitMix64).
constexpr std::uint64_t mix(std::uint64_t z) noexcept {
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
  return z ^ z >> 31;
}

/// For ids that count up, which nobody outside chooses: half the work.
template <class Id>
constexpr std::uint64_t hash_of_id(Id id) noexcept {
  std::uint64_t z = static_cast<std::uint64_t>(id) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ z >> 32) * 0x9e3779b97f4a7c15ULL;
  return z >> 32;
}

/// The number that eight bytes are, the most significant first; one load where the compiler can.
constexpr std::uint64_t big_endian(const std::uint8_t* b) noexcept {
  return std::uint64_t{b[0]} << 56 | std::uint64_t{b[1]} << 48 | std::uint64_t{b[2]} << 40 |
         std::uint64_t{b[3]} << 32 | std::uint64_t{b[4]} << 24 | std::uint64_t{b[5]} << 16 |
         std::uint64_t{b[6]} << 8 | b[7];
}

/// Both halves of the 128-bit product, folded into one (the mixing step of wyhash).
constexpr std::uint64_t folded(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using wide = unsigned __int128;
  const wide product = static_cast<wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// A 64-bit hash of the whole id, the same on every platform and in every run. Who does not know
/// `salt` cannot choose ids that collide.
constexpr std::uint64_t hash_of(const peer_id& id, std::uint64_t salt = 0) noexcept {
  // The bytes behind the id are zero; the last word overlaps the one before.
  const std::uint8_t* const b = id.bytes().data();
  const std::uint64_t other = salt << 32 | salt >> 32;
  const std::uint64_t h =
      folded(big_endian(b) ^ salt ^ 0xa0761d6478bd642fULL,
             big_endian(b + 8) ^ other ^ 0xe7037ed1a0b428dbULL) ^
      folded(big_endian(b + 16) ^ salt ^ 0x8ebc6af09c88c6e3ULL,
             big_endian(b + 24) ^ other ^ 0x589965cc75374cc3ULL) ^
      folded(big_endian(b + 32) ^ salt ^ 0x1d8e4e27c47d124fULL,
             big_endian(b + peer_id::size_max - 8) ^ other ^ 0xeb44accab455d165ULL);
  return folded(h ^ id.bytes().size(), 0x9e3779b97f4a7c15ULL);
}

}  // namespace tandem::detail
