// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "core/policy/address_order.hpp"
#include "core/policy/permit.hpp"
#include "core/policy/rtt_estimator.hpp"
#include "core/policy/slots.hpp"
#include "core/table/address_pool.hpp"
#include "core/table/slot_list.hpp"
#include "tandem/core/actions.hpp"
#include "tandem/core/events.hpp"
#include "tandem/core/explanation.hpp"
#include "tandem/core/ids.hpp"
#include "tandem/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>

namespace tandem::detail {

/// Where a connection stands between its first packet and the event that ends its id.
enum class phase : std::uint8_t {
  attempting,     ///< outbound: start_attempt went out
  cancelled,      ///< cancel_attempt went out; only the last event is missing
  handshaking,    ///< connected or accepted; security is being negotiated
  waiting,        ///< authenticated, without a permit until who is in its place is gone
  authenticated,  ///< holds a permit, not ready
  superseded,     ///< lost a simultaneous open after it had a permit; the peer will refuse it
  ready,
  refusing,  ///< refused after the handshake, being told
  closing,   ///< close went out, draining
  ending,    ///< abort or a reset went out; only the last event is missing
};

/// What a connection without a permit is counted among.
enum class counted : std::uint8_t { nowhere, pending, lingering };

/// One connection of the node, from attempt or arrival to the event that ends its id.
struct connection {
  static constexpr std::uint32_t no_place = std::numeric_limits<std::uint32_t>::max();

  connection_id id{};
  time_point arrived{};  ///< when it did, or an outbound one connected
  time_point last_received{};
  time_point last_use{};    ///< ready, or the last application byte
  time_point due = never;   ///< while ready: as the queue has it; dialled, before: its last one
  std::uint64_t bytes = 0;  ///< transport bytes, both directions
  rtt_estimator rtt;
  std::uint16_t probes = 0;  ///< in a row without a byte received since
  phase at = phase::attempting;
  direction way = direction::outbound;
  cause end = cause::none;  ///< why we end it, or the peer said it does
  bool used = false;
  bool spoken = false;  ///< an application byte or stream was on it
  /// Application bytes left since the peer was last known to have acknowledged all.
  bool unacknowledged = false;
  bool answer_asked = false;  ///< whether the peer acknowledged anything, at answer_by
  bool gave_way = false;      ///< an attempt that gave its place to another dial, or an arrival
  bool for_arrival = false;   ///< it goes, and the descriptor it had is for one who comes
  std::uint32_t turn = 0;     ///< of its dial

  peer_slot peer;             ///< once authenticated
  std::uint32_t streams = 0;  ///< open application streams
  counted among = counted::nowhere;
  bool trial = false;    ///< of a half-open circuit of its wide subnet
  bool victim = false;   ///< evicted for a newcomer
  bool refused = false;  ///< by this node's policy
  bool told = false;     ///< the peer refused it and said why
  bool yielded = false;  ///< gave way to another connection of its dial
  bool holds = false;    ///< `right`, as the manager counts: against leaks
  permit right;
  time_point streams_ended{};                 ///< ready, or the end of the last application stream
  time_point kept_until = time_point::min();  ///< keep_alive mark of its peer, once ready
  time_point last_probe{};
  time_point asked_at{};         ///< whether it lives, because its peer came again
  time_point answer_by = never;  ///< a byte must come by then; never: not asked since the last
  time_point asked_for = time_point::min();  ///< the deadline for which ask_progress went out
  time_point ready_at = never;
  std::uint32_t nonce = 0;               ///< of the last probe
  std::uint32_t last_chance = 0;         ///< the probe that must be answered; 0: none must
  std::uint32_t idle_share = 0;          ///< of idle_jitter, of 2^32; drawn when it is ready
  std::uint32_t ready_place = no_place;  ///< among the ready ones of its direction

  endpoint remote;     ///< the address dialled, or the one it came from
  subnet_slot narrow;  ///< the subnets of that, when they are counted
  subnet_slot wide;
  dial_slot dial;  ///< the dial it serves, until that is decided
  connection_slot next_of_peer;
  connection_slot previous_of_peer;
  connection_slot next_of_dial;  ///< among the attempts of the dial, newest first
  connection_slot previous_of_dial;
  address_slot address;                     ///< of the dial, tried by this
  list_place<connection> by_age;            ///< among all of its direction that are unauthenticated
  list_place<connection> by_age_in_subnet;  ///< among those of its wide subnet
  connection_slot next_free;
  duration retry_after{};  ///< as the peer's refusal asked

  bool connected() const noexcept { return at != phase::attempting && at != phase::cancelled; }
  bool was_ready() const noexcept { return ready_at != never; }
  /// Only its last event is missing.
  bool is_over() const noexcept { return at == phase::cancelled || at == phase::ending; }

  TANDEM_FIELDS(id, arrived, last_received, last_use, due, bytes, peer, streams, probes, at, way,
                end, used, among, trial, victim, refused, told, yielded, gave_way, turn,
                for_arrival, unacknowledged, answer_asked, spoken, rtt, streams_ended, kept_until,
                last_probe, asked_for, asked_at, answer_by, ready_at, nonce, last_chance,
                idle_share, ready_place, right, holds, remote, narrow, wide, dial, next_of_peer,
                previous_of_peer, next_of_dial, previous_of_dial, address, by_age, by_age_in_subnet,
                next_free, retry_after)
};

/// What its permit counts against.
inline claim claim_of(const connection& conn) noexcept {
  return {conn.peer, conn.narrow, conn.wide, conn.way};
}

/// One dial in progress: the addresses of one peer, raced for one or more requests.
struct dial {
  peer_slot peer;                 ///< none: whoever answers
  connection_slot first_attempt;  ///< its connections that have not ended, newest first
  connection_slot leader;         ///< the one of them that connected first
  connection_slot adopted;        ///< the inbound connection it waits for instead
  dial_slot next_of_peer;
  dial_slot previous_of_peer;
  request_slot first_request;  ///< oldest first
  request_slot last_request;
  dial_slot next_free;
  request_id resolver{};         ///< the request `resolve` went out for
  std::uint64_t sequence = 0;    ///< dials in the order in which they began
  time_point next_attempt_at{};  ///< none beside those in flight before
  time_point silent_since{};     ///< when the last attempt that failed began, or last heard
  duration retry_after{};
  address_list addresses;
  refusal left_out;            ///< why an address was left out
  refusal held;                ///< why it waits, in stage `held`
  std::int32_t priority = 0;   ///< the highest of any of its requests
  std::uint32_t attempts = 0;  ///< not connected and not ended
  std::uint32_t turns = 0;     ///< attempts that began
  dial_mode mode = dial_mode::join;
  dial_stage stage = dial_stage::resolving;
  cause last = cause::none;                           ///< of the last attempt that failed
  address_family last_family = address_family::none;  ///< of the last attempt
  std::uint8_t pauses = 0;                            ///< refused as a duplicate so often
  bool used = false;
  bool complete = true;   ///< no more addresses will come
  bool trial = false;     ///< of a half-open circuit
  bool blames = false;    ///< an attempt failed that was not our own fault
  bool only_new = false;  ///< of a peer in backoff: addresses that never failed, the others not

  bool engaged() const noexcept { return first_attempt != no_slot || adopted != no_slot; }
  bool started() const noexcept { return last_family != address_family::none; }
  /// Its stage while no connection and no pause stops its attempts, and it is not in line.
  dial_stage free_stage() const noexcept {
    return attempts > 0 ? dial_stage::attempting : dial_stage::resolving;
  }

  TANDEM_FIELDS(peer, first_attempt, leader, adopted, next_of_peer, previous_of_peer, first_request,
                last_request, next_free, resolver, sequence, next_attempt_at, retry_after,
                addresses, left_out, held, priority, attempts, turns, mode, stage, last,
                last_family, used, complete, trial, blames, only_new, silent_since, pauses)
};

/// One request of the application that waits for its dial.
struct request {
  request_id id{};
  std::uint64_t sequence = 0;
  std::int32_t priority = 0;
  dial_slot dial;
  request_slot next_of_dial;
  request_slot previous_of_dial;
  request_slot next_free;
  bool used = false;
  bool hurried = false;  ///< has a deadline of its own, before dial_timeout
};

}  // namespace tandem::detail
