// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>

namespace tandem {

/// Names one connection of one node, from its first packet to its last; never reused.
/// Outbound ids are issued by the core (an attempt's id stays its connection's id) and are odd;
/// inbound ids are issued by the driver and are even.
enum class connection_id : std::uint64_t { none = 0 };

/// Names one dial request; issued by whoever asks, never reused. Those with the top bit set are
/// issued by the core, which redials protected peers by itself.
enum class request_id : std::uint64_t { none = 0 };

constexpr request_id core_issued(std::uint64_t n) noexcept {
  return static_cast<request_id>(std::uint64_t{1} << 63 | n);
}
constexpr bool is_core_issued(request_id id) noexcept {
  return static_cast<std::uint64_t>(id) >> 63 != 0;
}

constexpr bool is_outbound(connection_id id) noexcept {
  return (static_cast<std::uint64_t>(id) & 1) != 0;
}

/// A libp2p peer id in its binary form: a multihash of the public key (libp2p specification,
/// peer-ids/peer-ids.md). At most 46 bytes; compared bytewise, shorter first when one is a prefix.
class alignas(8) peer_id {  // so that it is copied in whole words
 public:
  static constexpr std::size_t size_max = 46;

  constexpr peer_id() = default;

  /// The multihash in `bytes`, or the empty id when it is longer than size_max.
  static constexpr peer_id from_bytes(std::span<const std::uint8_t> bytes) noexcept {
    peer_id id;
    if (bytes.size() <= size_max) {
      id.size_ = static_cast<std::uint8_t>(bytes.size());
      std::copy(bytes.begin(), bytes.end(), id.bytes_.begin());
    }
    return id;
  }

  constexpr std::span<const std::uint8_t> bytes() const noexcept { return {bytes_.data(), size_}; }
  constexpr bool empty() const noexcept { return size_ == 0; }

  /// Unused bytes are zero, so comparing the arrays and then the sizes is comparing bytewise.
  friend constexpr auto operator<=>(const peer_id&, const peer_id&) = default;

 private:
  std::array<std::uint8_t, size_max> bytes_{};
  std::uint8_t size_ = 0;
};

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

/// An IPv4 or IPv6 address and a TCP port.
struct endpoint {
  std::array<std::uint8_t, 16> address{};  ///< IPv4: the first four bytes, the rest zero
  std::uint16_t port = 0;
  bool v6 = false;

  static constexpr endpoint v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d,
                               std::uint16_t port) noexcept {
    return {{a, b, c, d}, port, false};
  }
  friend constexpr auto operator<=>(const endpoint&, const endpoint&) = default;
};

/// The most addresses one dial tries; further ones are ignored (origin: go-libp2p ranks about ten).
inline constexpr std::size_t addresses_max = 16;

}  // namespace tandem

template <>
struct std::hash<tandem::peer_id> {
  std::size_t operator()(const tandem::peer_id& id) const noexcept { return tandem::hash_of(id); }
};
