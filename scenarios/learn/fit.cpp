// SPDX-License-Identifier: MIT
#include "learn/fit.hpp"

#include <boost/math/distributions/exponential.hpp>
#include <boost/math/distributions/lognormal.hpp>
#include <boost/math/distributions/weibull.hpp>
#include <boost/math/tools/roots.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <numeric>

namespace tandem::scenarios {
namespace {

using share_below = std::function<double(double)>;

std::string formatted(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

double sum_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

// The largest distance between the shares of `sorted` and those of a distribution.
double distance_of(const std::vector<double>& sorted, const share_below& below) {
  const auto n = static_cast<double>(sorted.size());
  double most = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double share = below(sorted[i]);
    const auto at = static_cast<double>(i);
    most = std::max({most, share - at / n, (at + 1) / n - share});
  }
  return most;
}

// At 5 %, for many values (Kolmogorov 1933).
double critical_distance(std::size_t values) {
  return 1.358 / std::sqrt(static_cast<double>(values));
}

struct candidate {
  std::string text;
  double distance;
};

candidate exponential_of(const std::vector<double>& sorted, const std::vector<double>& cut_short) {
  // Of what was cut short it is only known how long it was at least.
  const double mean = (sum_of(sorted) + sum_of(cut_short)) / static_cast<double>(sorted.size());
  const boost::math::exponential_distribution<> as(1 / mean);
  return {"{exponential: " + duration_text(mean) + "}",
          distance_of(sorted, [&](double x) { return cdf(as, x); })};
}

candidate lognormal_of(const std::vector<double>& sorted) {
  const auto n = static_cast<double>(sorted.size());
  double mean = 0, square = 0;
  for (const double x : sorted) mean += std::log(x) / n;
  for (const double x : sorted) square += (std::log(x) - mean) * (std::log(x) - mean) / n;
  const boost::math::lognormal_distribution<> as(mean, std::sqrt(square));
  return {"{lognormal: [" + duration_text(std::exp(mean)) + ", " +
              formatted("%.4g", std::sqrt(square)) + "]}",
          distance_of(sorted, [&](double x) { return cdf(as, x); })};
}

// The likeliest shape is where sum(x^k log x) / sum(x^k) - 1/k is the mean of the logarithms
// (Cohen, Technometrics 7, 1965).
candidate weibull_of(const std::vector<double>& sorted) {
  const auto n = static_cast<double>(sorted.size());
  const double largest = sorted.back();
  double mean_log = 0;
  for (const double x : sorted) mean_log += std::log(x / largest) / n;
  const auto excess = [&](double k) {
    double with_log = 0, without = 0;
    for (const double x : sorted) {
      const double power = std::pow(x / largest, k);
      with_log += power * std::log(x / largest);
      without += power;
    }
    return with_log / without - 1 / k - mean_log;
  };
  constexpr double shape_least = 0.1, shape_most = 1000;  // as scenarios have them
  if (excess(shape_least) > 0 || excess(shape_most) < 0) return {"", 1};
  std::uintmax_t steps = 100;
  const auto between = boost::math::tools::toms748_solve(
      excess, shape_least, shape_most, boost::math::tools::eps_tolerance<double>(30), steps);
  const double shape = (between.first + between.second) / 2;
  double power = 0;
  for (const double x : sorted) power += std::pow(x / largest, shape) / n;
  const double scale = largest * std::pow(power, 1 / shape);
  const boost::math::weibull_distribution<> as(shape, scale);
  return {"{weibull: [" + duration_text(scale) + ", " + formatted("%.4g", shape) + "]}",
          distance_of(sorted, [&](double x) { return cdf(as, x); })};
}

candidate quantiles_of(const std::vector<double>& sorted) {
  std::vector<std::pair<double, double>> points;  // share, value
  std::string text = "{quantiles: {";
  for (const int percent : {0, 10, 25, 50, 75, 90, 99, 100}) {
    const auto at =
        static_cast<std::size_t>(percent / 100.0 * static_cast<double>(sorted.size() - 1));
    points.emplace_back(percent / 100.0, sorted[at]);
    text +=
        (percent == 0 ? "p" : ", p") + std::to_string(percent) + ": " + duration_text(sorted[at]);
  }
  const auto below = [&](double x) {
    for (std::size_t i = 1; i < points.size(); ++i)
      if (x <= points[i].second) {
        const auto& [share, value] = points[i - 1];
        const double width = points[i].second - value;
        return width <= 0 ? points[i].first
                          : share + (points[i].first - share) * std::max(0.0, x - value) / width;
      }
    return 1.0;
  };
  return {text + "}}", distance_of(sorted, below)};
}

bool is_constant(const std::vector<double>& sorted) {
  return sorted.back() - sorted.front() <= 0.02 * sorted[sorted.size() / 2];
}

// A turn that came to nothing, since a connection was there already, makes one gap a double one.
bool is_rhythm(const std::vector<double>& gaps) {
  const double middle = gaps[gaps.size() / 2];
  const auto beside = std::ranges::count_if(
      gaps, [&](double gap) { return std::abs(gap - middle) <= 0.01 * middle; });
  constexpr double most = 0.9;
  return static_cast<double>(beside) >= most * static_cast<double>(gaps.size());
}

}  // namespace

std::string duration_text(double seconds) {
  const auto digits = [](double value) {
    const double unit = std::pow(10, std::floor(std::log10(value)) - 3);
    auto text = formatted("%.9f", std::round(value / unit) * unit);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
  };
  if (seconds < 1e-9) return "0s";
  if (seconds >= 1) return digits(seconds) + "s";
  if (seconds >= 1e-3) return digits(seconds * 1e3) + "ms";
  return digits(seconds * 1e6) + "us";
}

learned_fit fit_durations(const std::string& what, std::vector<double> values,
                          const std::vector<double>& cut_short) {
  learned_fit out{what, {}, values.size(), 0, {}};
  if (!cut_short.empty())
    out.why = std::to_string(cut_short.size()) + " more went on beyond what was seen";
  if (values.empty()) {
    out.text = "";
    return out;
  }
  std::ranges::sort(values);
  for (auto& value : values) value = std::max(value, 1e-9);
  if (is_constant(values)) {
    out.text = duration_text(values[values.size() / 2]);
    return out;
  }
  auto best = candidate{"", 1};
  for (const auto& each :
       {exponential_of(values, cut_short), lognormal_of(values), weibull_of(values)}) {
    if (each.distance < best.distance) best = each;
    if (each.distance <= critical_distance(values.size())) break;
  }
  constexpr double close_enough = 0.05;
  if (best.distance > std::max(close_enough, critical_distance(values.size())))
    best = quantiles_of(values);
  out.text = best.text;
  out.distance = best.distance;
  return out;
}

learned_fit fit_arrivals(const std::vector<double>& times) {
  std::vector<double> gaps;
  for (std::size_t i = 1; i < times.size(); ++i) gaps.push_back(times[i] - times[i - 1]);
  const double rate = static_cast<double>(gaps.size()) / (times.back() - times.front());
  std::ranges::sort(gaps);
  learned_fit out{"arrivals", {}, gaps.size(), 0, {}};
  if (is_rhythm(gaps)) {
    out.text = "{every: " + duration_text(gaps[gaps.size() / 2]) + "}";
    return out;
  }
  out.text = "{poisson: " + formatted("%.4g", rate) + "/s}";
  out.distance = distance_of(gaps, [&](double x) { return 1 - std::exp(-rate * x); });
  if (out.distance > 2 * critical_distance(gaps.size()))
    out.why = "they were not independent of each other: bursts, or turns";
  return out;
}

}  // namespace tandem::scenarios
