// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace tandem {

/// How often something took how long.
class histogram {
 public:
  /// Upper bounds in seconds: from a loopback's handshake to the longest of the timeouts.
  static constexpr std::array bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                     0.5,   1.0,    2.5,   5.0,  10.0,  30.0, 60.0};

  void add(duration took) {
    const double seconds = std::chrono::duration<double>(took).count();
    ++counts_[static_cast<std::size_t>(std::ranges::lower_bound(bounds, seconds) - bounds.begin())];
    sum_ += seconds;
  }
  /// In the bucket of the bound at `index`; the last one has no bound.
  std::uint64_t count(std::size_t index) const { return counts_[index]; }
  double sum() const { return sum_; }

 private:
  std::array<std::uint64_t, bounds.size() + 1> counts_{};
  double sum_ = 0;
};

}  // namespace tandem
