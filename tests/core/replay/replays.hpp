// SPDX-License-Identifier: MIT
#pragma once

#include "core/driver.hpp"

#include <cstdint>

namespace tandem::test {

inline open_replay_result replay_with(const driver& d, const option_change& change,
                                      const replay_options& options = {}) {
  memory_source source(d.trace.bytes());
  return replay_open(source, change, options);
}

inline const divergence* row_of(const open_replay_result& r, connection_id c) {
  for (const divergence& row : r.divergences)
    if (row.recorded_conn == c) return &row;
  return nullptr;
}

inline const divergence* row_of(const open_replay_result& r, request_id q) {
  for (const divergence& row : r.divergences)
    if (row.request == q) return &row;
  return nullptr;
}

/// Ten peers come, a second apart, and stay.
inline void ten_arrive(driver& d) {
  for (std::uint32_t i = 1; i <= 10; ++i) {
    d.run_for(1s);
    d.accept(conn(2 * i), peer(i));
  }
}

}  // namespace tandem::test
