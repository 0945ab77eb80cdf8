// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/cause.hpp"
#include "tandem/core/ids.hpp"
#include "tandem/core/options.hpp"
#include "tandem/core/time.hpp"

#include <cstdint>
#include <span>
#include <variant>

namespace tandem {

enum class dial_mode : std::uint8_t {
  join,        ///< one connection is enough: use the one there is, or the dial in progress
  additional,  ///< one more connection, whatever there is already
};

enum class mark : std::uint8_t { protect, tag, keep_alive, allow, deny };

/// What the driver tells the core. Spans are read during handle() only.
namespace events {

// Commands of the application.
/// While the peer is held back because it could not be reached, a dial is refused, unless it brings
/// addresses that never failed: then those are tried at once, and only those.
struct dial_wanted {
  request_id request{};
  peer_id peer{};
  /// At most addresses_max; none: the core asks with `resolve`. One dial tries addresses_tried_max.
  std::span<const endpoint> addresses{};
  dial_mode mode = dial_mode::join;
  std::int32_t priority = 0;
  /// Of the whole dial; the earlier of this and `dial_timeout` holds, and only the latter blames
  /// the peer. One that is past fails the dial at once, unless there is a connection to join.
  time_point deadline = never;
};
struct dial_abandoned {  ///< The application does not want it any more.
  request_id request{};
};
/// Closes one connection, or every connection of `peer` when `conn` is none.
struct disconnect_wanted {
  peer_id peer{};
  connection_id conn{};
  cause reason = cause::requested;
};
/// What the operator thinks of a peer, until `until`; `on` false takes the mark back.
///   protect     never evicted, drained or churned; reserved slots are for it; redialled for ever
///   tag         `weight` in its score, falling to 0 at `until`; another tag replaces it
///   keep_alive  its connections are probed, never idle
///   allow       dialled whatever networks are denied; ends a denial of the peer
///   deny        refused with Denied when dialled, when a dial that waits has its turn, and when
///               authenticated; established connections are closed, now and when an allowance of
///               their peer is taken back
struct peer_marked {
  peer_id peer{};
  mark what{};
  bool on = true;
  time_point until = never;
  std::int32_t weight = 0;
};
/// `deny` or `allow` for the addresses that share the first `prefix` bits of `network` (its port is
/// ignored); the longest prefix that matches decides. Denied addresses are reset when they arrive,
/// whoever it is; refused when what arrived before is authenticated, left out when dialled, and
/// established connections there are closed, these three but for an allowed peer. Other marks are
/// ignored.
struct subnet_marked {
  endpoint network{};
  std::uint8_t prefix = 0;
  mark what{};
  bool on = true;
  time_point until = never;
};
/// Backoff, penalty and open circuit of the peer are over; its next dial is a trial if the circuit
/// was open. The count of failures stays, and so does what is not about this peer alone: the open
/// circuit of a subnet and being offline, which network_changed ends.
struct backoff_overridden {
  peer_id peer{};
};
/// New options hold from now on, also for the deadlines of ready connections; what else has a
/// deadline keeps it. Connections above a lowered limit are closed in order, the worst
/// score first, protected ones last. Options with problems_of() are ignored and counted in
/// ignored_events.
struct configured {
  manager_options options{};
};
/// `deadline`: when it must be over; the earlier of this and `shutdown_timeout` holds.
struct shutdown_wanted {
  time_point deadline = never;
};

// Outbound.
struct addresses_found {  ///< Answers `resolve`; more may come unless `final`.
  request_id request{};
  std::span<const endpoint> list{};
  bool final = true;
  /// Why there are not more. A dial of which no attempt failed fails with it, and blames nobody.
  cause why = cause::none;
};
/// The transport is connected; the upgrade may begin once `admit` says so.
struct attempt_connected {
  connection_id attempt{};
};
/// The attempt never connected. `local`: the fault is ours (no route, no descriptor); blames
/// nobody.
struct attempt_failed {
  connection_id attempt{};
  cause why{};
  bool local = false;
  duration retry_after{};
};

// Inbound.
struct arrived {  ///< Somebody connected: `conn` is even and was never used.
  connection_id conn{};
  endpoint remote{};
};

// Both directions.
struct authenticated {  ///< Who the other end is; after `admit` for the handshake.
  connection_id conn{};
  peer_id peer{};
};
struct ready {  ///< The upgrade is complete.
  connection_id conn{};
};
/// Sums since the last one; the driver coalesces and flushes before every handle and advance.
struct traffic {
  connection_id conn{};
  std::uint64_t sent = 0;         ///< transport bytes
  std::uint64_t received = 0;     ///< transport bytes; any of them is life
  std::uint64_t app_bytes = 0;    ///< application bytes, both directions; only they are use
  time_point last_received_at{};  ///< of the last byte received, when received > 0
  /// When the last application byte arrived, or was handed to the network; zero: none since.
  time_point last_app_at{};
};
struct rtt_sampled {  ///< A round trip was measured.
  connection_id conn{};
  duration rtt{};
};
struct probe_answered {  ///< Answers `probe`.
  connection_id conn{};
  std::uint32_t nonce = 0;  ///< not compared: whatever answer comes is a sign of life
};
struct stream_opened {  ///< A stream, of the application or not.
  connection_id conn{};
  bool app = true;
};
struct stream_closed {  ///< Its end.
  connection_id conn{};
  bool app = true;
};
/// The peer told us why it will not have us. `close` answers it when ready; `closed` follows.
struct remote_refused {
  connection_id conn{};
  cause reason{};
  duration retry_after{};
};
/// Answers `ask_progress`; may come at any time. The peer's transport last acknowledged application
/// bytes of ours at `at`, which is life; zero when it did not since the last one.
struct progressed {
  connection_id conn{};
  time_point at{};
  bool more = false;  ///< application bytes of ours are not acknowledged yet
};
/// The last event of every id that was connected or arrived.
struct closed {
  connection_id conn{};
  cause why{};
};

// The host.
/// Another network, or a sleep is over: failures are forgiven, who answers no probe now is lost.
struct network_changed {};
/// Holds until the next one. `memory`: arrivals are refused with MemoryLimitReached. `descriptors`:
/// listening pauses.
struct pressure {
  bool memory = false;
  bool descriptors = false;
};
/// The oldest unauthenticated connection makes room, once; then listening pauses for 100 ms.
struct accept_failed {
  cause why{};
};

}  // namespace events

using event =
    std::variant<events::dial_wanted, events::dial_abandoned, events::disconnect_wanted,
                 events::peer_marked, events::subnet_marked, events::backoff_overridden,
                 events::configured, events::shutdown_wanted, events::addresses_found,
                 events::attempt_connected, events::attempt_failed, events::arrived,
                 events::authenticated, events::ready, events::traffic, events::rtt_sampled,
                 events::probe_answered, events::stream_opened, events::stream_closed,
                 events::remote_refused, events::closed, events::network_changed, events::pressure,
                 events::accept_failed, events::progressed>;

}  // namespace tandem
