// SPDX-License-Identifier: MIT
#include "learn/fit.hpp"

#include "learn/censored.hpp"

#include <boost/math/distributions/exponential.hpp>
#include <boost/math/distributions/lognormal.hpp>
#include <boost/math/distributions/weibull.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace tandem::scenarios {
namespace {

std::string formatted(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

// At 5 %, for many values (Kolmogorov 1933).
double critical_distance(std::size_t values) {
  return 1.358 / std::sqrt(static_cast<double>(values));
}

struct candidate {
  std::string text;
  double distance;
  double likelihood = 0;  ///< its logarithm
};

template <class Distribution>
candidate candidate_of(std::string text, const Distribution& as, const lengths& of,
                       const shares& seen) {
  candidate out{std::move(text), distance_of(seen, [&](double x) { return cdf(as, x); })};
  for (const double x : of.whole) out.likelihood += std::log(pdf(as, x));
  for (const double x : of.cut) out.likelihood += std::log(cdf(complement(as, x)));
  return out;
}

candidate exponential_of(const lengths& of, const shares& seen) {
  const double mean = likeliest_exponential(of);
  const boost::math::exponential_distribution<> as(1 / mean);
  return candidate_of("{exponential: " + duration_text(mean) + "}", as, of, seen);
}

candidate lognormal_of(const lengths& of, const shares& seen) {
  const auto [mean, deviation] = likeliest_lognormal(of);
  const boost::math::lognormal_distribution<> as(mean, deviation);
  return candidate_of(
      "{lognormal: [" + duration_text(std::exp(mean)) + ", " + formatted("%.4g", deviation) + "]}",
      as, of, seen);
}

candidate weibull_of(const lengths& of, const shares& seen) {
  const auto [scale, shape] = likeliest_weibull(of);
  if (shape == 0) return {"", 1, -HUGE_VAL};
  const boost::math::weibull_distribution<> as(shape, scale);
  return candidate_of("{weibull: [" + duration_text(scale) + ", " + formatted("%.4g", shape) + "]}",
                      as, of, seen);
}

candidate quantiles_of(const lengths& of, const shares& seen) {
  std::vector<std::pair<double, double>> points;  // share, value
  std::string text = "{quantiles: {";
  for (const int percent : {0, 10, 25, 50, 75, 90, 99, 100}) {
    const double share = percent / 100.0;
    const auto at = std::ranges::lower_bound(seen, share - 1e-9, {},
                                             [](const auto& step) { return step.second; });
    // A share that was not seen to its end is as long as anything was.
    points.emplace_back(share, at == seen.end() ? of.longest() : at->first);
    text += (percent == 0 ? "p" : ", p") + std::to_string(percent) + ": " +
            duration_text(points.back().second);
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
  return {text + "}}", distance_of(seen, below)};
}

/// Whether such a part of `sorted` is beside its middle.
bool are_alike(const std::vector<double>& sorted, double part) {
  const double middle = sorted[sorted.size() / 2];
  const auto beside = std::ranges::count_if(
      sorted, [&](double value) { return std::abs(value - middle) <= 0.01 * middle; });
  return static_cast<double>(beside) >= part * static_cast<double>(sorted.size());
}
constexpr double nearly_all = 0.98;
// A turn that came to nothing, since a connection was there already, makes one gap a double one.
constexpr double most_gaps = 0.9;

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
                          std::vector<double> cut_short) {
  learned_fit out{what, {}, values.size(), 0, {}};
  if (!cut_short.empty())
    out.why = std::to_string(cut_short.size()) + " more went on beyond what was seen";
  if (values.empty()) {
    out.text = "";
    return out;
  }
  lengths all{std::move(values), std::move(cut_short)};
  for (auto* some : {&all.whole, &all.cut}) {
    std::ranges::sort(*some);
    for (auto& value : *some) value = std::max(value, 1e-9);
  }
  if (are_alike(all.whole, nearly_all)) {
    out.text = duration_text(all.whole[all.whole.size() / 2]);
    return out;
  }
  const auto seen = shares_of(all);
  const double critical = critical_distance(all.whole.size());
  auto best = exponential_of(all, seen);
  if (best.distance > critical) {
    // Shares alone do not tell these apart where the longest were not seen to their end.
    best = lognormal_of(all, seen);
    if (auto other = weibull_of(all, seen); other.likelihood > best.likelihood)
      best = std::move(other);
  }
  constexpr double close_enough = 0.05;
  if (best.distance > std::max(close_enough, critical)) best = quantiles_of(all, seen);
  out.text = best.text;
  out.distance = best.distance;
  return out;
}

learned_fit fit_arrivals(const std::string& what, const std::vector<double>& times) {
  learned_fit out{what, "at_once", times.size(), 0, {}};
  if (times.back() <= times.front()) return out;
  std::vector<double> gaps;
  for (std::size_t i = 1; i < times.size(); ++i) gaps.push_back(times[i] - times[i - 1]);
  const double rate = static_cast<double>(gaps.size()) / (times.back() - times.front());
  std::ranges::sort(gaps);
  out.values = gaps.size();
  if (are_alike(gaps, most_gaps)) {
    out.text = "{every: " + duration_text(gaps[gaps.size() / 2]) + "}";
    return out;
  }
  out.text = "{poisson: " + formatted("%.4g", rate) + "/s}";
  out.distance =
      distance_of(shares_of({gaps, {}}), [&](double x) { return 1 - std::exp(-rate * x); });
  if (out.distance > 2 * critical_distance(gaps.size()))
    out.why = "they were not independent of each other: bursts, or turns";
  return out;
}

}  // namespace tandem::scenarios
