// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/cause.hpp"

#include <cstdint>

namespace tandem::detail {

/// What a failure says, and so whom it is held against.
enum class failure_class : std::uint8_t {
  none,            ///< somebody decided so: nothing
  refused,         ///< an answer, but not of the peer: peer, address, subnet
  timeout,         ///< no answer: peer, address, subnet; many of them: our own uplink
  handshake,       ///< the peer answers and cannot go on: the peer, dialled or dialling
  remote_limit,    ///< the peer lives and will not have us now: backoff, no breaker
  protocol,        ///< the peer broke a protocol: the peer, dialled or dialling
  local_resource,  ///< our own fault: nobody
};

/// The class of what ended an attempt, a connection or a dial. What the peer itself gave as the
/// reason is remote_limit whatever it said.
constexpr failure_class class_of(cause why) noexcept {
  switch (why) {
    case cause::connection_refused:
    case cause::reset:
    case cause::remote_closed:
    // The peer that was dialled is not there: it has not misbehaved.
    case cause::wrong_peer:
      return failure_class::refused;
    case cause::connect_timeout:
    case cause::attempt_timeout:
    case cause::dial_deadline:
    case cause::unreachable:
    case cause::transport_timeout:
    case cause::liveness_lost:
      return failure_class::timeout;
    case cause::handshake_failed:
    case cause::handshake_timeout:
      return failure_class::handshake;
    case cause::protocol_error:
      return failure_class::protocol;
    case cause::remote_refused:
      return failure_class::remote_limit;
    case cause::local_resource:
      return failure_class::local_resource;
    default:
      return failure_class::none;
  }
}

/// Whether the peer is kept from connecting to us as well. One that could merely not be reached is
/// welcome.
constexpr bool holds_inbound(failure_class what) noexcept {
  return what == failure_class::handshake || what == failure_class::protocol;
}

/// Whether it says that nobody was reached at the addresses tried, so nothing about others. Not so
/// the death of a connection, a reset (by which a full node refuses), and too little time.
constexpr bool is_unreachable(cause why) noexcept {
  return why == cause::connection_refused || why == cause::connect_timeout ||
         why == cause::attempt_timeout || why == cause::unreachable || why == cause::wrong_peer;
}

/// Whether it was about the path to the peer, which another network may have.
constexpr bool is_about_path(failure_class what) noexcept {
  return what == failure_class::refused || what == failure_class::timeout;
}

}  // namespace tandem::detail
