// SPDX-License-Identifier: MIT
#pragma once

#include "net/protocol/wire.hpp"
#include "tandem/core/actions.hpp"
#include "tandem/net/identity.hpp"

#include <span>
#include <string_view>

namespace tandem {

/// What a security step needs to know. The references outlive the upgrade.
struct security_terms {
  direction way{};
  const identity& self;
  const peer_id& expected;  ///< who was dialled; empty: anybody
};

/// One way of securing a connection: a name of multistream-select, and the coroutine that runs
/// after it was chosen and returns who the other end is. It may replace the stream of the wire.
struct security_protocol {
  std::string_view name;
  asio::awaitable<peer_id> (*secure)(wire& on, security_terms terms);
};

/// In order of preference, as the options of a node allow.
std::span<const security_protocol> security_protocols(bool allow_plaintext) noexcept;

/// multistream-select and the security step. A dialer proposes the first of `protocols`; a listener
/// takes any and answers `na` to others. With none a dialer fails with plaintext_not_allowed.
asio::awaitable<peer_id> secure_connection(wire& on, security_terms terms,
                                           std::span<const security_protocol> protocols);

/// multistream-select of /yamux/1.0.0. A listener's answer is left unsent: the first frames join
/// it.
asio::awaitable<void> choose_muxer(wire& on, direction way);

}  // namespace tandem
