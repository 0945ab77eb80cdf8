// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"

namespace tandem::sim {

/// Congestion avoidance of RFC 8312 in segments and real numbers, for receivers that acknowledge
/// every second segment: the cubic function (4.1), the region in which it is as fast as standard
/// TCP (4.2), and fast convergence (4.6).
class cubic {
 public:
  /// The window after `acked` more segments of `window` were acknowledged.
  double grown(double window, double acked, time_point now, duration round_trip);
  /// The window after a loss at `window`, which ends the epoch; 2 at least.
  double reduced(double window);

 private:
  double largest_ = 0;   // window before the last reduction
  double window_ = 0;    // as the epoch has it; 0: none since the last reduction
  double standard_ = 0;  // of standard TCP meanwhile
  double origin_ = 0;    // plateau of the cubic function
  double k_ = 0;         // seconds from the epoch's begin to the plateau
  time_point epoch_{};
};

}  // namespace tandem::sim
