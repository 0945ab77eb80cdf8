// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace tandem {

/// The time line of one node or one simulation. It has no static now(): whoever owns the time
/// passes it in. Its zero is the start of the simulation, or of the process on real sockets.
struct timeline {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  static constexpr bool is_steady = true;
};

using duration = std::chrono::nanoseconds;
using time_point = std::chrono::time_point<timeline, duration>;

/// A deadline that never comes.
inline constexpr time_point never = time_point::max();

/// `at + by`, staying at `never` instead of overflowing. `by` is not negative.
constexpr time_point later(time_point at, duration by) noexcept {
  return at >= never - by ? never : at + by;
}

}  // namespace tandem
