// SPDX-License-Identifier: MIT
#include "learn/censored.hpp"

#include <boost/math/distributions/normal.hpp>
#include <boost/math/tools/roots.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tandem::scenarios {
namespace {

double sum_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

std::vector<double> logarithms(std::vector<double> of) {
  for (auto& value : of) value = std::log(value);
  return of;
}

}  // namespace

double lengths::longest() const {
  return cut.empty() ? whole.back() : std::max(whole.back(), cut.back());
}

shares shares_of(const lengths& of) {
  shares out;
  double above = 1;
  auto cut = of.cut.begin();
  for (auto it = of.whole.begin(); it != of.whole.end();) {
    const auto next = std::upper_bound(it, of.whole.end(), *it);
    cut = std::lower_bound(cut, of.cut.end(), *it);
    const auto as_long = (of.whole.end() - it) + (of.cut.end() - cut);
    above *= 1 - static_cast<double>(next - it) / static_cast<double>(as_long);
    out.emplace_back(*it, 1 - above);
    it = next;
  }
  return out;
}

double distance_of(const shares& seen, const std::function<double(double)>& below) {
  double most = 0, before = 0;
  for (const auto& [value, share] : seen) {
    const double expected = below(value);
    most = std::max({most, expected - before, share - expected});
    before = share;
  }
  return most;
}

double likeliest_exponential(const lengths& of) {
  return (sum_of(of.whole) + sum_of(of.cut)) / static_cast<double>(of.whole.size());
}

// By expectation and maximisation (Dempster, Laird and Rubin, Journal of the Royal Statistical
// Society B 39, 1977): what was cut short counts as long as it is on average, beyond its cut.
std::pair<double, double> likeliest_lognormal(const lengths& of) {
  const auto whole = logarithms(of.whole), cut = logarithms(of.cut);
  const auto n = static_cast<double>(whole.size() + cut.size());
  const double sum = sum_of(whole);
  const double squares = std::inner_product(whole.begin(), whole.end(), whole.begin(), 0.0);
  double mean = (sum + sum_of(cut)) / n, deviation = 1;
  constexpr int steps_max = 2000;
  constexpr double close = 1e-7;
  for (int step = 0; step < steps_max; ++step) {
    double first = sum, second = squares;
    const boost::math::normal_distribution<> standard;
    for (const double at : cut) {
      const double beyond = (at - mean) / deviation;
      const double above = cdf(complement(standard, beyond));
      // Mills' ratio, which is close to its argument far out.
      const double ratio = above > 1e-300 ? pdf(standard, beyond) / above : beyond;
      first += mean + deviation * ratio;
      second +=
          mean * mean + 2 * mean * deviation * ratio + deviation * deviation * (1 + beyond * ratio);
    }
    const double next = first / n;
    const double spread = std::sqrt(std::max(second / n - next * next, 1e-18));
    const double moved = std::abs(next - mean) + std::abs(spread - deviation);
    mean = next;
    deviation = spread;
    if (moved < close * deviation) break;
  }
  return {mean, deviation};
}

// The likeliest shape is where sum(x^k log x) / sum(x^k) - 1/k, over all, is the mean of the
// logarithms of what is whole (Cohen, Technometrics 7, 1965).
std::pair<double, double> likeliest_weibull(const lengths& of) {
  const auto n = static_cast<double>(of.whole.size());
  const double largest = of.longest();
  double mean_log = 0;
  for (const double x : of.whole) mean_log += std::log(x / largest) / n;
  const auto sums = [&](double k) {
    double with_log = 0, without = 0;
    for (const auto* some : {&of.whole, &of.cut})
      for (const double x : *some) {
        const double power = std::pow(x / largest, k);
        with_log += power * std::log(x / largest);
        without += power;
      }
    return std::pair(with_log, without);
  };
  const auto excess = [&](double k) {
    const auto [with_log, without] = sums(k);
    return with_log / without - 1 / k - mean_log;
  };
  constexpr double shape_least = 0.1, shape_most = 1000;
  if (excess(shape_least) > 0 || excess(shape_most) < 0) return {largest, 0};
  std::uintmax_t steps = 100;
  const auto between = boost::math::tools::toms748_solve(
      excess, shape_least, shape_most, boost::math::tools::eps_tolerance<double>(30), steps);
  const double shape = (between.first + between.second) / 2;
  return {largest * std::pow(sums(shape).second / n, 1 / shape), shape};
}

}  // namespace tandem::scenarios
