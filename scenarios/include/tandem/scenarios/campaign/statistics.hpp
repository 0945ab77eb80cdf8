// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>

namespace tandem::scenarios {

/// The mean of some independent values, and what it is good for.
struct interval {
  std::size_t count = 0;
  double mean = 0;
  /// The true mean is this near with 95 % (Student t); infinite for fewer than two values.
  double half_width = 0;
  double least = 0;
  double most = 0;
};
interval interval_of(std::span<const double> values);

}  // namespace tandem::scenarios
