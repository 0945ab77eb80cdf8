// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
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

/// The most addresses that are known of one dial, or of one peer to a node; further ones are
/// ignored. Origin: libp2p nodes that learn addresses from others hear of a hundred and more.
inline constexpr std::size_t addresses_max = 256;

/// The most of them that one dial tries: the others have their turn in the next ones (origin:
/// go-libp2p ranks about ten).
inline constexpr std::size_t addresses_tried_max = 16;

}  // namespace tandem

/// The same on every platform and in every run.
template <>
struct std::hash<tandem::peer_id> {
  std::size_t operator()(const tandem::peer_id& id) const noexcept;
};
