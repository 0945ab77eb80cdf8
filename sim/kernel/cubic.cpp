// SPDX-License-Identifier: MIT
#include "kernel/cubic.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::sim {

namespace {

// RFC 8312, 5.
constexpr double c = 0.4;
constexpr double beta = 0.7;

}  // namespace

double cubic::grown(double window, double acked, time_point now, duration round_trip) {
  if (window_ == 0) {
    epoch_ = now;
    window_ = standard_ = window;
    origin_ = std::max(largest_, window_);
    k_ = std::cbrt((origin_ - window_) / c);
  }
  const double t = std::chrono::duration<double>(now + round_trip - epoch_).count();
  const double target = std::min(c * std::pow(t - k_, 3) + origin_, 1.5 * window_);
  const double round_trips = acked / window_;
  // Equation 4: 3 (1 - beta) / (1 + beta) segments a round trip. Standard TCP counts
  // acknowledgements, of which there is one for two segments.
  standard_ += 3 * (1 - beta) / (1 + beta) / 2 * round_trips;
  window_ += std::max(target - window_, 0.0) * round_trips;
  window_ = std::max(window_, standard_);
  return window_;
}

double cubic::reduced(double window) {
  largest_ = window < largest_ ? window * (1 + beta) / 2 : window;
  window_ = 0;
  return std::max(std::floor(window * beta), 2.0);
}

}  // namespace tandem::sim
