// SPDX-License-Identifier: MIT
#pragma once

#include "net/security/upgrade.hpp"

namespace tandem {

/// /noise: the handshake over `on`, and the stream of the wire encrypted from then on.
asio::awaitable<secured_peer> noise(wire& on, security_terms terms);

}  // namespace tandem
