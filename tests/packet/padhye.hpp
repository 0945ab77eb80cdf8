// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <algorithm>
#include <cmath>

namespace tandem::packet {

/// Bits per second of Padhye et al., "Modeling TCP Throughput" (SIGCOMM 1998), equation 30, for
/// segments of 1448 bytes of which each acknowledgement stands for `b`, a round trip in seconds, a
/// retransmission timeout 200 ms above it and a window that never limits.
inline double padhye(double round_trip, double loss, double b) {
  const double rto = round_trip + 0.2;
  return 1448 * 8 /
         (round_trip * std::sqrt(2 * b * loss / 3) +
          rto * std::min(1.0, 3 * std::sqrt(3 * b * loss / 8)) * loss * (1 + 32 * loss * loss));
}

}  // namespace tandem::packet
