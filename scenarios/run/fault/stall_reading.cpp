// SPDX-License-Identifier: MIT
#include "run/fault/ailing.hpp"

namespace tandem::scenarios {

/// The process goes on, its timers too, but reads no connection: what comes fills the buffers of
/// its host and then those of whoever sends.
std::unique_ptr<fault> read_stall_reading(const yaml_value& value, const scenario& of) {
  auto out = read_ailing(value, of, "stall_reading", "stalled reading of ");
  out->what = ailment::reads_nothing;
  return out;
}

}  // namespace tandem::scenarios
