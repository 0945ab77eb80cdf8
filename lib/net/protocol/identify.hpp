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

/// A multiaddr in bytes (multiformats): `04 <4 bytes> 06 <port>`, `29 <16 bytes> 06 <port>`.
void put_multiaddr(byte_buffer& out, const endpoint& at);

}  // namespace tandem
