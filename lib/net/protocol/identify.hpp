// SPDX-License-Identifier: MIT
#pragma once

#include "net/protocol/varint.hpp"
#include "tandem/net/identity.hpp"

namespace tandem {

inline constexpr std::string_view identify_protocol = "/ipfs/id/1.0.0";

/// What a node says of itself to whoever asks (libp2p specification, identify/README.md).
struct identify_facts {
  std::span<const std::uint8_t> public_key_message;
  std::string_view agent;
  std::span<const endpoint> listening;  ///< those without an address are left out
  endpoint observed;                    ///< where the asking peer is seen
  std::span<const std::string_view> protocols;
};

/// At most 4096 bytes, prefix included: of more addresses the first ones.
void put_identify(byte_buffer& out, const identify_facts& facts);

/// What an answer of identify says, behind its length or not: see parse_identify().
struct identify_answer {
  byte_view public_key_message;  ///< empty: not said
  std::string_view protocol_version;
  std::string_view agent;
  std::vector<std::string_view> protocols;
  std::vector<endpoint> listening;  ///< those over TCP
  endpoint observed;                ///< the port is 0: not said, or not over TCP
};
/// Bytes of an answer that are read. Origin: js-libp2p's limit.
inline constexpr std::size_t identify_size_max = 8 * 1024;
/// Of one whole answer behind its length; fails with malformed or message_too_long.
boost::system::result<identify_answer> parse_identify(byte_view in);

/// The endpoint of a multiaddr that begins with one of TCP; nothing of others.
std::optional<endpoint> parse_multiaddr(byte_view in);

/// A multiaddr in bytes (multiformats): `04 <4 bytes> 06 <port>`, `29 <16 bytes> 06 <port>`.
void put_multiaddr(byte_buffer& out, const endpoint& at);

}  // namespace tandem
