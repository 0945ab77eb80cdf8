// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"
#include "tandem/sim/distribution.hpp"

namespace tandem::scenarios {

/// A length of time that is drawn anew each time it is needed. In a file: `2s`, `{uniform: [1s,
/// 3s]}`, `{exponential: 2s}`, ...: see scenarios/reference/values.md.
struct duration_distribution {
  static duration_distribution constant(duration value) {
    return {sim::distribution::constant(value.count())};
  }
  static duration_distribution uniform(duration least, duration most) {
    return {sim::distribution::uniform(least.count(), most.count())};
  }
  static duration_distribution exponential(duration mean) {
    return {sim::distribution::exponential(mean.count())};
  }

  /// The next one; a constant takes no number from `random`.
  duration draw(random_stream& random) const noexcept { return duration(nanoseconds.draw(random)); }
  /// What a part `p` of all draws does not exceed.
  duration quantile(double p) const noexcept { return duration(nanoseconds.quantile(p)); }

  sim::distribution nanoseconds;
};

}  // namespace tandem::scenarios
