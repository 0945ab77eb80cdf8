// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// Lengths above 0, ascending. Of those that were cut short it is only known that they are longer.
struct lengths {
  std::vector<double> whole;  ///< at least one
  std::vector<double> cut;

  /// Largest of all.
  double longest() const;
};

/// Each whole length with the share of all lengths up to it (Kaplan and Meier, Journal of the
/// American Statistical Association 53, 1958), ascending.
using shares = std::vector<std::pair<double, double>>;
shares shares_of(const lengths& of);

/// Kolmogorov and Smirnov: the largest distance between `seen` and the shares of a distribution.
double distance_of(const shares& seen, const std::function<double(double)>& below);

// The likeliest parameters: a whole length counts by its density, one that was cut short by the
// share of lengths above it.
double likeliest_exponential(const lengths& of);  ///< mean
/// Mean and deviation of the logarithms.
std::pair<double, double> likeliest_lognormal(const lengths& of);
/// Scale and shape; a shape of 0 where none between 0.1 and 1000, as scenarios have them, is.
std::pair<double, double> likeliest_weibull(const lengths& of);

}  // namespace tandem::scenarios
