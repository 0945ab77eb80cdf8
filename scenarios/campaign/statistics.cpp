// SPDX-License-Identifier: MIT
#include "tandem/scenarios/campaign/statistics.hpp"

#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace tandem::scenarios {

interval interval_of(std::span<const double> values) {
  interval out;
  out.count = values.size();
  out.half_width = std::numeric_limits<double>::infinity();
  if (values.empty()) return out;
  const auto [least, most] = std::ranges::minmax(values);
  out.least = least;
  out.most = most;
  const auto count = static_cast<double>(values.size());
  // Beside the least: nothing is left of the sum of values that do not differ.
  const double above = std::accumulate(values.begin(), values.end(), 0.0,
                                       [&](double sum, double v) { return sum + (v - least); });
  out.mean = least + above / count;
  if (values.size() < 2) return out;
  double squares = 0;
  for (const double value : values) squares += (value - out.mean) * (value - out.mean);
  const boost::math::students_t t(count - 1);
  out.half_width =
      boost::math::quantile(t, 0.975) * std::sqrt(squares / (count - 1)) / std::sqrt(count);
  return out;
}

}  // namespace tandem::scenarios
