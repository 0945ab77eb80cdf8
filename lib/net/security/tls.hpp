// SPDX-License-Identifier: MIT
#pragma once

#include "net/security/upgrade.hpp"

namespace tandem {

/// /tls/1.0.0: TLS 1.3 over `on`, both ends with certificates of libp2p's kind, the muxer agreed on
/// by ALPN when the other end can.
asio::awaitable<secured_peer> tls(wire& on, security_terms terms);

}  // namespace tandem
