// SPDX-License-Identifier: MIT
#include "tandem/scenarios/campaign/statistics.hpp"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

namespace tandem::scenarios {

interval interval_of(std::span<const double> values, double error) {
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
      boost::math::quantile(t, 1 - error / 2) * std::sqrt(squares / (count - 1)) / std::sqrt(count);
  return out;
}

namespace {

/// How far the mean may be from `usual` because of the values on one side of it: at least, at most.
/// `away` are their distances.
std::pair<double, double> pull_of(std::span<const double> away, std::size_t count, double error) {
  if (away.empty()) return {0, 0};
  using binomial = boost::math::binomial_distribution<>;
  const auto n = static_cast<double>(count);
  const auto seen = static_cast<double>(away.size());
  const auto [least, most] = std::ranges::minmax(away);
  return {least * binomial::find_lower_bound_on_p(n, seen, error / 2),
          most * binomial::find_upper_bound_on_p(n, seen, error / 2)};
}

}  // namespace

interval interval_of_rare(std::span<const double> values, double error) {
  interval out = interval_of(values, error);
  std::map<double, std::size_t> counts;
  for (const double value : values) ++counts[value];
  const auto usual = std::ranges::max_element(counts, {}, [](const auto& v) { return v.second; });
  if (usual == counts.end() || 2 * usual->second <= values.size()) return out;
  std::vector<double> above;
  std::vector<double> below;
  for (const double value : values) {
    if (value > usual->first) above.push_back(value - usual->first);
    if (value < usual->first) below.push_back(usual->first - value);
  }
  const auto up = pull_of(above, values.size(), error);
  const auto down = pull_of(below, values.size(), error);
  const double least = usual->first + up.first - down.second;
  const double most = usual->first + up.second - down.first;
  out.half_width = std::max({out.half_width, out.mean - least, most - out.mean});
  return out;
}

double error_of_look(std::uint64_t look) {
  const auto number = static_cast<double>(look);
  return 0.05 / (number * (number + 1));
}

}  // namespace tandem::scenarios
