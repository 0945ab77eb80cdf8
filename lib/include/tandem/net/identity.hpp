// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/ids.hpp"
#include "tandem/net/host_name.hpp"

#include <boost/system/result.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

/// A node's Ed25519 identity (RFC 8032): the seed, the public key and the peer id made of it
/// (libp2p specification, peer-ids/peer-ids.md: identity multihash of the PublicKey protobuf).
class identity {
 public:
  static constexpr std::size_t seed_size = 32;

  /// The identity of these 32 secret bytes.
  static identity from_seed(std::span<const std::uint8_t, seed_size> seed);
  /// For simulations and tests: the identity of (seed, node), the same in every run. Not secret.
  static identity of_node(std::uint64_t seed, std::uint64_t node);
  /// From the operating system's entropy.
  static identity generate();

  identity() = default;
  identity(const identity&) = default;
  identity& operator=(const identity&) = default;
  ~identity();  ///< wipes the seed

  const peer_id& id() const noexcept { return id_; }
  /// `08 01 12 20 <32 bytes>`: the PublicKey message as it goes over the wire.
  std::span<const std::uint8_t> public_key_message() const noexcept { return message_; }
  std::span<const std::uint8_t, seed_size> seed() const noexcept { return seed_; }

 private:
  std::array<std::uint8_t, seed_size> seed_{};
  std::array<std::uint8_t, 36> message_{};
  peer_id id_;
};

/// The peer id of a PublicKey message: identity multihash up to 42 bytes, else sha2-256.
peer_id peer_id_of_public_key(std::span<const std::uint8_t> public_key_message);

/// base58btc text (`12D3KooW…`, `Qm…`).
std::string to_string(const peer_id& id);
/// From base58btc or CIDv1 (base32, codec libp2p-key 0x72).
boost::system::result<peer_id> parse_peer_id(std::string_view text);

/// `127.0.0.1:4001` or `[::1]:4001`.
std::string to_string(const endpoint& at);
/// `/ip4/127.0.0.1/tcp/4001` or `/ip6/::1/tcp/4001` (multiformats multiaddr).
std::string to_multiaddr(const endpoint& at);

/// An address to dial: an endpoint and, when the text ends in `/p2p/ID`, who should be there.
struct dial_address {
  endpoint at;
  peer_id peer;    ///< empty when the text does not say
  host_name name;  ///< stands for `at`, unless it is empty
  bool named() const noexcept { return !name.name.empty(); }
  friend bool operator==(const dial_address&, const dial_address&) = default;
};
/// From a multiaddr, `host:port` or `[v6]:port`, with numeric hosts.
boost::system::result<dial_address> parse_address(std::string_view text);
/// The same, or a multiaddr with a name: `/dns4/example.org/tcp/4001`, `/dnsaddr/example.org`.
boost::system::result<dial_address> parse_dial_address(std::string_view text);
/// The multiaddr of it, without the peer.
std::string to_multiaddr(const dial_address& at);

/// The addresses that share the first `prefix` bits of `first`.
struct address_range {
  endpoint first;  ///< the port is 0
  std::uint8_t prefix = 0;
};
/// From CIDR notation (RFC 4632; RFC 4291, 2.3): `10.0.0.0/8`, `2001:db8::/32`; without a prefix
/// length the one address. Bits beyond the prefix must be zero.
boost::system::result<address_range> parse_address_range(std::string_view text);

}  // namespace tandem
