// SPDX-License-Identifier: MIT
#pragma once

#include "net/protocol/varint.hpp"
#include "tandem/net/identity.hpp"

namespace tandem {

/// The longest Exchange taken: an RSA key of 8192 bits and its identity fit.
inline constexpr std::size_t exchange_size_max = 2048;

/// The message of /plaintext/2.0.0 (libp2p specification, plaintext/README.md): who the sender is.
struct exchange {
  peer_id peer;
  std::size_t size = 0;  ///< bytes it takes, prefix included
};

void put_exchange(byte_buffer& out, const identity& self);
/// Fails with message_too_long, malformed, or key_mismatch when the id is not the key's.
decoded<exchange> parse_exchange(byte_view in);

}  // namespace tandem
