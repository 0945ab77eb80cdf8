// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/random.hpp"
#include "tandem/core/time.hpp"

#include <cstdint>

namespace tandem::scenarios {

/// A length of time that is drawn anew each time it is needed. In a file: `2s`, `{uniform: [1s,
/// 3s]}` or `{exponential: 2s}`.
struct duration_distribution {
  enum class kind : std::uint8_t { constant, uniform, exponential };

  static duration_distribution constant(duration value) { return {kind::constant, value, value}; }
  static duration_distribution uniform(duration least, duration most) {
    return {kind::uniform, least, most};
  }
  static duration_distribution exponential(duration mean) {
    return {kind::exponential, mean, mean};
  }

  /// The next one; a constant takes no number from `random`.
  duration draw(random_stream& random) const noexcept;

  kind how = kind::constant;
  duration least{};  ///< the value of a constant, the mean of an exponential one
  duration most{};
};

}  // namespace tandem::scenarios
