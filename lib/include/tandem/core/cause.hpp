// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tandem {

/// Why something was decided or happened. One table for refusals, closes and failures, so that a
/// reason has one name in C++, on the wire, in results, in Python and in metrics labels.
enum class cause : std::uint8_t {
  none,

  // Refusals: this node's policy said no. They never count against the peer.
  limit_reached,
  per_peer_limit_reached,
  pending_limit_reached,
  backing_off,
  circuit_open,
  shutting_down,
  denied,
  duplicate,
  self_dial,
  no_address,
  unknown_request,
  inbound_limit_reached,
  outbound_limit_reached,
  subnet_limit_reached,
  rate_limited,
  memory_limit_reached,
  offline,

  // Closes: why an open connection ended.
  requested,
  idle_timeout,
  liveness_lost,
  remote_closed,
  reset,
  transport_timeout,
  protocol_error,
  handshake_timeout,
  aborted,
  evicted,

  // Failures of a dial.
  connection_refused,
  connect_timeout,  ///< the transport gave up
  attempt_timeout,  ///< our `attempt_timeout` ended it
  dial_deadline,
  unreachable,
  abandoned,
  wrong_peer,
  handshake_failed,
  local_resource,
  remote_refused,

  // Of a dial too: the name that stands for the peer's addresses gave none.
  name_unknown,
  name_timeout,
  name_failed,
};

/// One row of the table of causes.
struct cause_row {
  cause value;
  std::string_view name;      ///< what users see: `LimitReached`
  std::uint32_t wire_code;    ///< in the lower 16 bits of a yamux GoAway; 0 = none of our own
  std::string_view sentence;  ///< one sentence for a person
};

/// Every cause, in the order of the enumeration.
std::span<const cause_row> causes() noexcept;

std::string_view name_of(cause) noexcept;
std::string_view sentence_of(cause) noexcept;
std::uint32_t wire_code_of(cause) noexcept;

/// The cause with this name or wire code (never 0); nothing when there is none.
std::optional<cause> cause_named(std::string_view name) noexcept;
std::optional<cause> cause_of_wire_code(std::uint32_t code) noexcept;

/// The 32-bit code of a yamux GoAway: the wire code of `reason` in its lower 16 bits, and how long
/// the peer should stay away in its upper 16, in units of 100 ms, rounded up, at most 6553.5 s; 0:
/// no matter. A reason without a wire code is 0 altogether, which is yamux's normal end.
std::uint32_t go_away_code(cause reason, duration retry_after) noexcept;

/// What a GoAway says.
struct go_away_reason {
  std::optional<cause> reason;  ///< nothing: the lower half is no wire code of ours
  duration retry_after{};       ///< zero without a reason, or when the peer named none
};
go_away_reason parse_go_away(std::uint32_t code) noexcept;

/// True for the causes by which a policy refuses.
constexpr bool is_refusal(cause c) noexcept {
  return c >= cause::limit_reached && c <= cause::offline;
}

/// Number of causes, for tables indexed by one.
inline constexpr std::size_t causes_count = static_cast<std::size_t>(cause::name_failed) + 1;

}  // namespace tandem
