// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/actions.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tandem {

enum class circuit_state : std::uint8_t { closed, open, half_open };

/// Where a connection stands.
enum class connection_stage : std::uint8_t {
  unknown,        ///< never heard of, or its end is forgotten
  connecting,     ///< the transport is being connected
  handshaking,    ///< security is being negotiated
  waiting,        ///< authenticated, waits for the place of an evicted connection
  authenticated,  ///< holds a permit, not ready
  ready,
  refusing,  ///< refused and being told
  closing,   ///< draining
  ending,    ///< only its last event is missing
  ended,
};

/// What a dial is doing.
enum class dial_stage : std::uint8_t {
  none,        ///< there is none
  resolving,   ///< waits for addresses
  queued,      ///< waits for one of max_pending_outbound
  behind,      ///< waits for other attempts at its peer, max_attempts_per_peer of them
  held,        ///< waits for a trial: of this node's uplink, or of the circuit of peer or subnet
  attempting,  ///< has attempts that are being connected
  upgrading,   ///< an attempt connected
  yielding,    ///< waits for an inbound connection of the peer, which came first
  pausing,     ///< refused as a duplicate: tries again a little later
};

/// What decides when a peer is tried next.
enum class try_policy : std::uint8_t {
  none,     ///< nothing: a dial may start
  limit,    ///< a limit or rule of this node, whenever that has changed
  backoff,  ///< what was drawn after its last failure
  circuit,  ///< the period its circuit is open, or the trial of a half-open one
  asked,    ///< the time its peer named
  penalty,  ///< of its eviction
  uplink,   ///< this node is offline
  spread,   ///< start_spread, of dials that the manager begins by itself
};

std::string_view name_of(dial_stage) noexcept;
std::string_view name_of(connection_stage) noexcept;
std::string_view name_of(circuit_state) noexcept;
std::string_view name_of(try_policy) noexcept;

/// A decision of the manager, and when it was taken.
struct decision {
  time_point at{};
  notification what;
};

/// Why a peer is or is not connected.
struct explanation {
  peer_id peer;
  std::uint64_t connections = 0;  ///< established now
  std::uint64_t pending = 0;
  std::uint32_t failures = 0;  ///< consecutive, refunds taken off
  circuit_state circuit = circuit_state::closed;
  time_point next_dial = {};  ///< a dial before this is refused; the past when allowed
  /// What a joining dial of priority 0 with an address would be refused with now, and the numbers;
  /// none: it finds a connection or dial to join, or may start or get in line.
  cause dial_refusal = cause::none;
  std::uint64_t current = 0;
  std::uint64_t limit = 0;
  dial_stage dial = dial_stage::none;  ///< of its oldest dial
  cause held_by = cause::none;         ///< why that is held
  time_point dial_next = never;        ///< when that goes on by itself, unless something else comes
  time_point redial_at = never;        ///< of a protected peer without a connection
  /// Without a connection or a dial under way: when the next attempt may come, or comes to a
  /// protected peer or of a dial that waits; never when time alone does not decide it.
  time_point next_try = never;
  try_policy decided_by = try_policy::none;
  bool is_protected = false;
  bool kept_alive = false;
  std::int64_t tag = 0;
  std::optional<decision> last;  ///< the last one about it, as far back as the log goes
  std::string sentence;
};

/// Why a connection is as it is, or why it ended.
struct connection_explanation {
  connection_id conn{};
  connection_stage stage = connection_stage::unknown;
  direction way{};
  peer_id peer;                     ///< once it is known
  endpoint where;                   ///< the other end's address
  cause why = cause::none;          ///< why it was refused, is being ended, or ended
  std::uint32_t streams = 0;        ///< open application streams
  std::uint32_t probes_missed = 0;  ///< in a row, the one under way included
  duration srtt{};                  ///< zero: no sample yet
  duration idle_timeout{};          ///< ready: connection_timeout with its share of idle_jitter
  time_point idle_at = never;     ///< ready: closed then unless used; never while a stream is open
  time_point next_check = never;  ///< when this connection is looked at again
  std::optional<decision> last;
  std::string sentence;
};

}  // namespace tandem
