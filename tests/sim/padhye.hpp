// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>

namespace tandem::sim::testing {

/// Bits per second of Padhye et al., "Modeling TCP Throughput" (SIGCOMM 1998), equation 30, for
/// segments of 1448 bytes of which each acknowledgement stands for `b`, a round trip in seconds, a
/// retransmission timeout 200 ms above it and a window that never limits.
inline double padhye(double round_trip, double loss, double b) {
  const double rto = round_trip + 0.2;
  return 1448 * 8 /
         (round_trip * std::sqrt(2 * b * loss / 3) +
          rto * std::min(1.0, 3 * std::sqrt(3 * b * loss / 8)) * loss * (1 + 32 * loss * loss));
}

/// Bits per second of a sender with Cubic: the faster of standard TCP and RFC 8312 (5.2), within a
/// window of 128 KiB.
inline double bulk_theory(double round_trip, double loss) {
  const double window = 128 * 1024 * 8 / round_trip;
  if (loss == 0) return window;
  const double segment_rate = 1448 * 8 / round_trip;
  const double standard = padhye(round_trip, loss, 2);
  // Equation 5.2 leaves out timeouts: they cost as large a part as of standard TCP.
  const double timeouts = standard / (segment_rate / std::sqrt(2 * 2 * loss / 3));
  const double cubic = 1.054 * std::pow(round_trip / loss, 0.75) * segment_rate * timeouts;
  return std::min(window, std::max(standard, cubic));
}

}  // namespace tandem::sim::testing
