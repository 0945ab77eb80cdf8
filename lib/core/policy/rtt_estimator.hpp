// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"

#include <algorithm>
#include <type_traits>

namespace tandem::detail {

/// Smoothed round-trip time and its variation (RFC 6298, section 2, alpha 1/8 and beta 1/4), and
/// the probe timeout that follows from them (RFC 9002, section 6.2.1, without a peer's delay).
/// Nanoseconds, rounded down.
class rtt_estimator {
 public:
  /// RFC 9002's kGranularity: the variation never counts for less.
  static constexpr duration granularity = std::chrono::milliseconds(1);
  /// Before the first sample (RFC 6298, 2.1).
  static constexpr duration initial_timeout = std::chrono::seconds(1);
  /// The least maximum RFC 6298 (2.5) allows: a peer that delays its answers gains no more.
  static constexpr duration most = std::chrono::seconds(60);

  /// Longer samples count as `most`, negative ones not at all.
  constexpr void sample(duration rtt) noexcept {
    if (rtt < duration::zero()) return;
    rtt = std::min(rtt, most);
    if (!measured()) {
      smoothed_ = rtt;
      variation_ = rtt / 2;
      return;
    }
    const duration off = rtt > smoothed_ ? rtt - smoothed_ : smoothed_ - rtt;
    variation_ = (3 * variation_ + off) / 4;
    smoothed_ = (7 * smoothed_ + rtt) / 8;
  }

  constexpr bool measured() const noexcept { return variation_ >= duration::zero(); }
  /// SRTT; zero before the first sample.
  constexpr duration smoothed() const noexcept { return smoothed_; }
  /// RTTVAR; zero before the first sample.
  constexpr duration variation() const noexcept { return std::max(variation_, duration::zero()); }
  /// SRTT + max(4 RTTVAR, granularity), at most `most`.
  constexpr duration probe_timeout() const noexcept {
    if (!measured()) return initial_timeout;
    return std::min(most, smoothed_ + std::max(4 * variation_, granularity));
  }

  /// For checkpoints.
  void fields(auto& a) {
    auto& [smoothed, variation] = *this;
    bool known = measured();
    duration varies = std::max(variation, duration::zero());
    a(smoothed), a(varies), a(known);
    if constexpr (std::remove_reference_t<decltype(a)>::reading)
      variation = known ? std::max(varies, duration::zero()) : unknown;
  }

 private:
  static constexpr duration unknown = duration(-1);

  duration smoothed_{};
  duration variation_ = unknown;  ///< before the first sample
};

}  // namespace tandem::detail
