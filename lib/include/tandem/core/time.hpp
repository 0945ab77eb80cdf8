// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>

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

/// `each` so many times, staying at the longest duration instead of overflowing. Neither is
/// negative.
constexpr duration times(duration each, std::int64_t count) noexcept {
  return count > 0 && each > duration::max() / count ? duration::max() : each * count;
}

}  // namespace tandem
