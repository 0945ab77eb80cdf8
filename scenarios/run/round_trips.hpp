// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::scenarios {

/// The round trips of one connection as its manager hears of them, judged apart from it: SRTT and
/// RTTVAR (RFC 6298, 2), and the longest SRTT + 4 RTTVAR there was. Seconds.
class round_trips {
 public:
  void add(duration sample) {
    const float rtt = std::min(std::chrono::duration<float>(sample).count(), most);
    if (rtt < 0) return;
    variation_ = smoothed_ < 0 ? rtt / 2 : (3 * variation_ + std::abs(smoothed_ - rtt)) / 4;
    smoothed_ = smoothed_ < 0 ? rtt : (7 * smoothed_ + rtt) / 8;
    longest_ = std::max(longest_, smoothed_ + std::max(4 * variation_, granularity));
  }
  bool measured() const { return smoothed_ >= 0; }
  duration longest_probe_timeout() const {
    return std::chrono::duration_cast<duration>(
        std::chrono::duration<double>(std::min(longest_, most)));
  }

 private:
  static constexpr float most = 60;
  static constexpr float granularity = 0.001F;

  float smoothed_ = -1;
  float variation_ = 0;
  float longest_ = 1;  // before the first sample (RFC 6298, 2.1)
};

}  // namespace tandem::scenarios
