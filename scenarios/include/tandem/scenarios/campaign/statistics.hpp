// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tandem::scenarios {

/// The mean of some independent values, and what it is good for.
struct interval {
  std::size_t count = 0;
  double mean = 0;
  /// The true mean is this near with 95 % (Student t), or what was asked for; infinite for fewer
  /// than two values.
  double half_width = 0;
  double least = 0;
  double most = 0;
};
interval interval_of(std::span<const double> values, double error = 0.05);

/// As that, and not too narrow when most values are alike and few are not, as where a number is 0
/// but for a rare mishap: how often the others come is reckoned by Clopper and Pearson (1934), and
/// that they are no further away than those that were seen.
interval interval_of_rare(std::span<const double> values, double error);

/// Who looks at some values, and at more of them while he is not content, is wrong more often than
/// the intervals say. So each look has a part of the error of 5 % of its own, `look` counted from
/// 1: 5 % / (look * (look + 1)), of which all together are 5 % however many follow (alpha spending,
/// Lan and DeMets 1983; by the union bound, as Darling and Robbins 1967).
double error_of_look(std::uint64_t look);

}  // namespace tandem::scenarios
