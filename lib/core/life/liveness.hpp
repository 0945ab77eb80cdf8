// SPDX-License-Identifier: MIT
#pragma once

#include "core/life/records.hpp"
#include "tandem/core/options.hpp"

namespace tandem::detail {

/// So many probe timeouts must pass before a ready connection may be idle, however short
/// connection_timeout is: what was said may still be on its way, or being said again.
duration idle_floor(const connection& conn, const liveness_options& options) noexcept;

/// connection_timeout of this connection, longer by its share of idle_jitter.
duration idle_timeout(const connection& conn, const liveness_options& options) noexcept;

/// When a ready connection is idle: its idle_timeout(), or the floor when that is longer, after its
/// last application byte; never while an application stream is open. The end of the last stream
/// gives no more than the floor, so that a stream's last FIN does not count as use. Not before the
/// end of its peer's keep_alive mark.
time_point idle_deadline(const connection& conn, const liveness_options& options) noexcept;

/// How long nothing may come after a probe until it is missed: liveness_timeout, or the time in
/// which the transport sends a lost packet three times again, seven probe timeouts but at most 60
/// s, when that is longer.
duration probe_wait(const connection& conn, const liveness_options& options) noexcept;

/// How long a closed connection may drain: close_linger, or three probe timeouts, at most 60 s,
/// when that is longer: in a round trip all has come that the peer said until it heard of the
/// close, and the transport may have to send once more. Until there is a sample the handshake
/// counts as one. One that makes room for another has close_linger alone.
duration close_wait(const connection& conn, const ending_options& options) noexcept;

/// How long a peer that is told why it is refused may stay: refusal_linger, or three probe
/// timeouts as its handshake lets expect, at most handshake_timeout, when that is longer: the
/// transport may have to send the refusal once more.
duration refusal_wait(const connection& conn, time_point now,
                      const ending_options& options) noexcept;

/// How long a connection may be silent once it was asked whether it lives, because its peer came
/// again with a handshake that took `handshake`: three probe timeouts, in which the transport sends
/// a lost packet once more, at least 1 s, and 8 s at most unless a single timeout is longer. An
/// answer that takes 5 s arrives in time.
duration answer_wait(const connection& conn, duration handshake) noexcept;

/// When a ready connection that hears nothing is probed (again), or lost when it had all its
/// probes. A peer that vanished is lost liveness_interval + liveness_misses * probe_wait() after
/// the last byte received from it, exactly.
time_point probe_deadline(const connection& conn, const liveness_options& options) noexcept;

}  // namespace tandem::detail
