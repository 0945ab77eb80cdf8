// SPDX-License-Identifier: MIT
#pragma once

#include "net/protocol/varint.hpp"
#include "tandem/net/peer_facts.hpp"

namespace tandem {

/// What is kept of an answer to identify that came from `of`. Fails with malformed,
/// message_too_long, or key_mismatch when it names somebody else's key.
boost::system::result<peer_facts> read_facts(byte_view answer, const peer_id& of);

}  // namespace tandem
