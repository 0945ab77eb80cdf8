// SPDX-License-Identifier: MIT
#include "liveness.hpp"

#include <algorithm>

namespace tandem::detail {

duration idle_floor(const connection& c, const liveness_options& options) noexcept {
  return c.rtt.probe_timeout() * static_cast<std::int64_t>(options.idle_floor_probes);
}

time_point idle_deadline(const connection& c, const liveness_options& options,
                         time_point kept_until) noexcept {
  if (c.streams > 0) return never;
  const duration floor = idle_floor(c, options);
  return std::max({later(c.last_use, std::max(options.connection_timeout, floor)),
                   later(c.streams_ended, floor), kept_until});
}

duration probe_wait(const connection& c, const liveness_options& options) noexcept {
  return std::max(options.liveness_timeout, c.rtt.probe_timeout());
}

time_point probe_deadline(const connection& c, const liveness_options& options) noexcept {
  return c.probes > 0 ? later(c.last_probe, probe_wait(c, options))
                      : later(c.last_received, options.liveness_interval);
}

}  // namespace tandem::detail
