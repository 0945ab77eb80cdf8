// SPDX-License-Identifier: MIT
#include "core/life/liveness.hpp"

#include <algorithm>

namespace tandem::detail {

namespace {

// In probe timeouts: how long TCP takes to send a lost packet three times again, doubling its
// timeout (RFC 6298, 5.5). One probe timeout is not enough: at 5 % loss and 5 s of round trip it
// would close a third of the connections within an hour.
constexpr int three_retransmissions = 1 + 2 + 4;

}  // namespace

duration idle_floor(const connection& c, const liveness_options& options) noexcept {
  return c.rtt.probe_timeout() * static_cast<std::int64_t>(options.idle_floor_probes);
}

time_point idle_deadline(const connection& c, const liveness_options& options) noexcept {
  if (c.streams > 0) return never;
  const duration floor = idle_floor(c, options);
  return std::max({later(c.last_use, std::max(options.connection_timeout, floor)),
                   later(c.streams_ended, floor), c.kept_until});
}

duration probe_wait(const connection& c, const liveness_options& options) noexcept {
  const duration patience = three_retransmissions * c.rtt.probe_timeout();
  return std::max(options.liveness_timeout, std::min(patience, rtt_estimator::most));
}

time_point probe_deadline(const connection& c, const liveness_options& options) noexcept {
  return c.probes > 0 ? later(c.last_probe, probe_wait(c, options))
                      : later(c.last_received, options.liveness_interval);
}

}  // namespace tandem::detail
