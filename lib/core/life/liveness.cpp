// SPDX-License-Identifier: MIT
#include "core/life/liveness.hpp"

#include <algorithm>
#include <cstdint>

namespace tandem::detail {

namespace {

// In probe timeouts: how long TCP takes to send a lost packet three times again, doubling its
// timeout (RFC 6298, 5.5). One probe timeout is not enough: at 5 % loss and 5 s of round trip it
// would close a third of the connections within an hour.
constexpr int three_retransmissions = 1 + 2 + 4;
constexpr int one_retransmission = 1 + 2;

// What is replaced is a connection whose peer is back with another: it is seldom alive, and the
// peer waits. The least is RFC 6298's (2.4) for a timeout, the most leaves an answer over 5 s of
// round trip, the longest that the levels are tried with, time to vary.
constexpr duration answer_least = std::chrono::seconds(1);
constexpr duration answer_most = std::chrono::seconds(8);

/// A first sample counts threefold (RFC 6298, 2.2): SRTT is the sample, RTTVAR half of it.
constexpr duration first_timeout(duration handshake) noexcept { return times(handshake, 3); }

}  // namespace

duration idle_floor(const connection& conn, const liveness_options& options) noexcept {
  return times(conn.rtt.probe_timeout(), static_cast<std::int64_t>(options.idle_floor_probes));
}

duration idle_timeout(const connection& conn, const liveness_options& options) noexcept {
  // In integers: a ratio and a share are so many of 2^32.
  __extension__ using wide = unsigned __int128;
  const auto ratio = static_cast<std::uint64_t>(options.idle_jitter * 0x1.0p32);
  const auto timeout = static_cast<std::uint64_t>(options.connection_timeout.count());
  const auto most = static_cast<std::uint64_t>(wide{timeout} * ratio >> 32);
  return options.connection_timeout +
         duration(static_cast<duration::rep>(wide{most} * conn.idle_share >> 32));
}

time_point idle_deadline(const connection& conn, const liveness_options& options) noexcept {
  if (conn.streams > 0) return never;
  const duration floor = idle_floor(conn, options);
  return std::max({later(conn.last_use, std::max(idle_timeout(conn, options), floor)),
                   later(conn.streams_ended, floor), conn.kept_until});
}

duration probe_wait(const connection& conn, const liveness_options& options) noexcept {
  const duration patience = times(conn.rtt.probe_timeout(), three_retransmissions);
  return std::max(options.liveness_timeout, std::min(patience, rtt_estimator::most));
}

duration close_wait(const connection& conn, const ending_options& options) noexcept {
  // Somebody waits for its place.
  if (conn.victim) return options.close_linger;
  const duration timeout =
      conn.rtt.measured()
          ? conn.rtt.probe_timeout()
          : std::max(rtt_estimator::initial_timeout, first_timeout(conn.ready_at - conn.arrived));
  return std::max(options.close_linger,
                  std::min(times(timeout, one_retransmission), rtt_estimator::most));
}

duration refusal_wait(const connection& conn, time_point now,
                      const ending_options& options) noexcept {
  const duration patience = times(first_timeout(now - conn.arrived), one_retransmission);
  return std::max(options.refusal_linger, std::min(patience, options.handshake_timeout));
}

duration answer_wait(const connection& conn, duration handshake) noexcept {
  const duration timeout = conn.rtt.measured() ? std::max(conn.rtt.probe_timeout(), handshake)
                                               : first_timeout(handshake);
  return std::max(
      {answer_least, timeout, std::min(times(timeout, one_retransmission), answer_most)});
}

time_point probe_deadline(const connection& conn, const liveness_options& options) noexcept {
  return conn.probes > 0 ? later(conn.last_probe, probe_wait(conn, options))
                         : later(conn.last_received, options.liveness_interval);
}

}  // namespace tandem::detail
