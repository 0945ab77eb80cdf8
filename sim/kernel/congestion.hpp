// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/cubic.hpp"
#include "tandem/core/time.hpp"

#include <algorithm>
#include <limits>

namespace tandem::sim {

/// The congestion window of a sender in segments, and its retransmission timeout.
class congestion {
 public:
  double window() const noexcept { return window_; }
  bool slow_start() const noexcept { return window_ < threshold_; }

  void acknowledged(double segments, time_point now) {
    // Slow start adds a segment for each acknowledgement, of which there is one for two segments,
    // or for one alone, and no more than is acknowledged (RFC 5681, 3.1).
    window_ = slow_start() ? window_ + std::max(std::min(segments, 1.0), segments / 2)
                           : cubic_.grown(window_, segments, now, smoothed_);
  }
  void fast_retransmit() { window_ = threshold_ = cubic_.reduced(window_); }
  void timed_out() {
    threshold_ = cubic_.reduced(window_);
    window_ = 1;
  }

  /// RFC 6298, section 2.
  void sample(duration round_trip) {
    if (smoothed_ == duration::zero()) {
      smoothed_ = round_trip;
      variation_ = round_trip / 2;
      return;
    }
    const duration off = std::chrono::abs(round_trip - smoothed_);
    variation_ = (3 * variation_ + off) / 4;
    smoothed_ = (7 * smoothed_ + round_trip) / 8;
  }
  duration round_trip() const noexcept { return smoothed_; }
  duration timeout(duration least, duration margin) const noexcept {
    return std::max(least, smoothed_ + std::max(margin, 4 * variation_));
  }

 private:
  double window_ = 10;  // RFC 6928
  double threshold_ = std::numeric_limits<double>::infinity();
  cubic cubic_;
  duration smoothed_{};
  duration variation_{};
};

}  // namespace tandem::sim
