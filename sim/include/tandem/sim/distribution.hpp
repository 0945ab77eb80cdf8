// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/random.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace tandem::sim {

/// A quantity that is drawn anew each time it is needed: nanoseconds, bytes, whatever its user
/// counts in whole numbers. A draw is never negative and at most 9e18; a part of the distribution
/// beyond counts as the bound.
class distribution {
 public:
  enum class kind : std::uint8_t {
    constant,
    uniform,
    exponential,
    normal,
    lognormal,
    pareto,
    weibull,
    quantiles,
    values
  };
  /// A part `at` of all draws, in [0, 1], lies at `value` or below.
  struct point {
    double at;
    std::int64_t value;
  };

  distribution() = default;  ///< constantly 0
  static distribution constant(std::int64_t value);
  static distribution uniform(std::int64_t least, std::int64_t most);
  static distribution exponential(std::int64_t mean);
  static distribution normal(std::int64_t mean, std::int64_t deviation);
  /// The logarithm is normal with the deviation `sigma`; half of all draws lie below `median`.
  static distribution lognormal(std::int64_t median, double sigma);
  /// Above x lies a part (least / x)^alpha.
  static distribution pareto(std::int64_t least, double alpha);
  /// Above x lies a part exp(-(x / scale)^shape).
  static distribution weibull(std::int64_t scale, double shape);
  /// Straight between the points, which ascend in both; outside, the first and the last value.
  static distribution quantiles(std::vector<point> points);
  /// One of these, all equally likely; at least one.
  static distribution values(std::vector<std::int64_t> list);

  kind how() const noexcept { return how_; }
  /// The next one; a constant takes no number from `random`.
  std::int64_t draw(random_stream& random) const noexcept;
  /// What a part `p` of all draws, in [0, 1], does not exceed.
  std::int64_t quantile(double p) const noexcept;

  friend bool operator==(const distribution&, const distribution&) = default;

 private:
  distribution(kind how, std::int64_t scale, double shape)
      : how_(how), scale_(scale), shape_(shape) {}
  double inverse(double p) const noexcept;
  double between_points(double p) const noexcept;

  kind how_ = kind::constant;
  std::int64_t scale_ = 0;  // the value, least, mean or median
  double shape_ = 0;        // sigma, alpha or shape
  std::int64_t other_ = 0;  // most or deviation
  std::shared_ptr<const std::vector<point>> points_;
};

}  // namespace tandem::sim
