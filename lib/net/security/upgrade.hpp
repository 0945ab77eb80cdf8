// SPDX-License-Identifier: MIT
#pragma once

#include "net/security/credentials.hpp"
#include "net/security/wire.hpp"
#include "tandem/core/actions.hpp"
#include "tandem/net/identity.hpp"

#include <span>
#include <string_view>

namespace tandem {

/// What a security step needs to know. The references outlive the upgrade.
struct security_terms {
  direction way{};
  credentials& own;
  const peer_id& expected;  ///< who was dialled; empty: anybody
};

/// What a security step found out.
struct secured_peer {
  peer_id peer;
  bool muxer_agreed = false;  ///< /yamux/1.0.0, with no need of choose_muxer()
  security kind{};            ///< what was negotiated
};

/// One way of securing a connection: a name of multistream-select, and the coroutine that runs
/// after it was chosen and returns who the other end is. It may secure the wire.
struct security_protocol {
  security kind{};
  std::string_view name;
  asio::awaitable<secured_peer> (*secure)(wire& on, security_terms terms);
};

/// multistream-select and the security step. A dialer proposes each of `allowed` until one is
/// taken; a listener takes any of them and answers `na` to others. None: security_not_allowed.
asio::awaitable<secured_peer> secure_connection(wire& on, security_terms terms,
                                                std::span<const security> allowed);

/// multistream-select of /yamux/1.0.0. A listener's answer is left unsent: the first frames join
/// it.
asio::awaitable<void> choose_muxer(wire& on, direction way);

}  // namespace tandem
