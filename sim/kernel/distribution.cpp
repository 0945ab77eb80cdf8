// SPDX-License-Identifier: MIT
#include "tandem/sim/distribution.hpp"

#include <boost/math/special_functions/erf.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numbers>
#include <utility>

namespace tandem::sim {
namespace {

constexpr double longest = 9e18;  // fits an int64; the tail of a mean of centuries does not

// The quantile of the standard normal distribution, `p` in (0, 1).
double standard_normal(double p) {
  namespace policies = boost::math::policies;
  using in_doubles = policies::policy<policies::promote_double<false>>;
  return -std::numbers::sqrt2 * boost::math::erfc_inv(2 * p, in_doubles());
}

std::int64_t whole(double value) { return value > 0 ? std::llround(std::min(value, longest)) : 0; }

}  // namespace

distribution distribution::constant(std::int64_t value) { return {kind::constant, value, 0}; }

distribution distribution::uniform(std::int64_t least, std::int64_t most) {
  distribution made{kind::uniform, least, 0};
  made.other_ = most;
  return made;
}

distribution distribution::exponential(std::int64_t mean) { return {kind::exponential, mean, 0}; }

distribution distribution::normal(std::int64_t mean, std::int64_t deviation) {
  distribution made{kind::normal, mean, 0};
  made.other_ = deviation;
  return made;
}

distribution distribution::lognormal(std::int64_t median, double sigma) {
  return {kind::lognormal, median, sigma};
}

distribution distribution::pareto(std::int64_t least, double alpha) {
  return {kind::pareto, least, alpha};
}

distribution distribution::weibull(std::int64_t scale, double shape) {
  return {kind::weibull, scale, shape};
}

distribution distribution::quantiles(std::vector<point> points) {
  distribution made{kind::quantiles, 0, 0};
  made.points_ = std::make_shared<const std::vector<point>>(std::move(points));
  return made;
}

distribution distribution::values(std::vector<std::int64_t> list) {
  std::ranges::sort(list);
  std::vector<point> points;
  for (std::size_t i = 0; i < list.size(); ++i)
    points.push_back({static_cast<double>(i + 1) / static_cast<double>(list.size()), list[i]});
  distribution made = quantiles(std::move(points));
  made.how_ = kind::values;
  return made;
}

std::int64_t distribution::draw(random_stream& random) const noexcept {
  switch (how_) {
    case kind::constant:
      return scale_;
    case kind::uniform:
      return scale_ +
             static_cast<std::int64_t>(random.up_to(static_cast<std::uint64_t>(other_ - scale_)));
    case kind::values:
      return (*points_)[random.up_to(points_->size() - 1)].value;
    default:
      return whole(inverse(random.unit()));
  }
}

std::int64_t distribution::quantile(double p) const noexcept { return whole(inverse(p)); }

double distribution::inverse(double p) const noexcept {
  const auto scale = static_cast<double>(scale_);
  const auto other = static_cast<double>(other_);
  switch (how_) {
    case kind::constant:
      return scale;
    case kind::uniform:
      return scale + p * (other - scale);
    case kind::exponential:
      return -scale * std::log1p(-p);
    case kind::normal:
      if (other_ == 0) return scale;
      return p <= 0 ? 0 : p >= 1 ? longest : scale + other * standard_normal(p);
    case kind::lognormal:
      if (shape_ == 0) return scale;
      return p <= 0 ? 0 : p >= 1 ? longest : scale * std::exp(shape_ * standard_normal(p));
    case kind::pareto:
      return scale * std::pow(1 - p, -1 / shape_);
    case kind::weibull:
      return scale * std::pow(-std::log1p(-p), 1 / shape_);
    case kind::quantiles:
      return between_points(p);
    case kind::values:
      return static_cast<double>(
          std::ranges::lower_bound(points_->begin(), std::prev(points_->end()), p, {}, &point::at)
              ->value);
  }
  return 0;
}

double distribution::between_points(double p) const noexcept {
  const auto after = std::ranges::lower_bound(*points_, p, {}, &point::at);
  if (after == points_->end()) return static_cast<double>(points_->back().value);
  const auto value = static_cast<double>(after->value);
  if (after == points_->begin()) return value;
  const auto before = std::prev(after);
  const double way = (p - before->at) / (after->at - before->at);
  return std::lerp(static_cast<double>(before->value), value, way);
}

}  // namespace tandem::sim
