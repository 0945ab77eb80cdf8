// SPDX-License-Identifier: MIT
#include "tandem/sim/distribution.hpp"

#include "tandem/sim/link.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

namespace tandem::sim {
namespace {

constexpr std::int64_t ms = 1'000'000;

/// A distribution with what the textbook says of it, in milliseconds.
struct textbook {
  std::string name;
  distribution of;
  double mean;
  double deviation;
  double p50;
  double p99;
};

// Of the standard normal distribution.
constexpr double z99 = 2.3263478740408408;

textbook lognormal_case() {
  const double sigma = 0.3;
  const double mean = 80 * std::exp(sigma * sigma / 2);
  return {"lognormal", distribution::lognormal(80 * ms, sigma),
          mean,        mean * std::sqrt(std::expm1(sigma * sigma)),
          80,          80 * std::exp(sigma * z99)};
}

textbook weibull_case() {
  const double mean = 100 * std::tgamma(1 + 1 / 0.7);
  const double square = 100 * 100 * std::tgamma(1 + 2 / 0.7);
  return {"weibull",
          distribution::weibull(100 * ms, 0.7),
          mean,
          std::sqrt(square - mean * mean),
          100 * std::pow(std::numbers::ln2, 1 / 0.7),
          100 * std::pow(std::log(100), 1 / 0.7)};
}

std::vector<textbook> textbooks() {
  return {
      {"constant", distribution::constant(20 * ms), 20, 0, 20, 20},
      {"uniform", distribution::uniform(10 * ms, 30 * ms), 20, 20 / std::sqrt(12.0), 20, 29.8},
      {"exponential", distribution::exponential(50 * ms), 50, 50, 50 * std::numbers::ln2,
       50 * std::log(100)},
      {"normal", distribution::normal(80 * ms, 10 * ms), 80, 10, 80, 80 + 10 * z99},
      lognormal_case(),
      // Mean a x / (a - 1), variance x^2 a / ((a - 1)^2 (a - 2)).
      {"pareto", distribution::pareto(10 * ms, 5), 12.5, 10 * std::sqrt(5.0 / (16 * 3)),
       10 * std::pow(2, 0.2), 10 * std::pow(100, 0.2)},
      weibull_case(),
      // Half uniform in 10..20, half uniform in 20..60: mean 27.5, square 1/2 (700/3 + 5200/3).
      {"quantiles", distribution::quantiles({{0, 10 * ms}, {0.5, 20 * ms}, {1, 60 * ms}}), 27.5,
       std::sqrt((700.0 / 3 + 5200.0 / 3) / 2 - 27.5 * 27.5), 20, 59.2},
      {"values", distribution::values({40 * ms, 10 * ms, 10 * ms, 20 * ms}), 20,
       std::sqrt((400.0 + 100 + 100) / 4), 10, 40},
  };
}

class of_the_textbook : public testing::TestWithParam<textbook> {};

TEST_P(of_the_textbook, has_its_quantiles) {
  const auto& one = GetParam();
  EXPECT_NEAR(static_cast<double>(one.of.quantile(0.5)) / ms, one.p50, 1e-6);
  EXPECT_NEAR(static_cast<double>(one.of.quantile(0.99)) / ms, one.p99, 1e-6);
}

TEST_P(of_the_textbook, draws_its_moments_and_quantiles) {
  const auto& one = GetParam();
  constexpr int n = 200'000;
  random_stream random(7);
  std::vector<double> drawn(n);
  double sum = 0, squares = 0;
  for (double& d : drawn) {
    d = static_cast<double>(one.of.draw(random)) / ms;
    sum += d;
    squares += d * d;
  }
  const double mean = sum / n;
  EXPECT_NEAR(mean, one.mean, 5 * one.deviation / std::sqrt(n) + 1e-9);
  EXPECT_NEAR(std::sqrt(std::max(0.0, squares / n - mean * mean)), one.deviation,
              0.03 * one.deviation + 1e-3);
  for (const auto& [part, value] : {std::pair(0.5, one.p50), std::pair(0.99, one.p99)}) {
    const auto below = static_cast<double>(
        std::ranges::count_if(drawn, [v = value](double d) { return d < v - 1e-6; }));
    const auto not_above = static_cast<double>(
        std::ranges::count_if(drawn, [v = value](double d) { return d <= v + 1e-6; }));
    const double slack = 5 * std::sqrt(part * (1 - part) / n);
    EXPECT_LE(below / n, part + slack) << "quantile " << part;
    EXPECT_GE(not_above / n, part - slack) << "quantile " << part;
  }
}

INSTANTIATE_TEST_SUITE_P(each, of_the_textbook, testing::ValuesIn(textbooks()),
                         [](const auto& info) { return info.param.name; });

TEST(distribution, of_quantiles_ends_at_the_first_and_the_last_one_given) {
  const auto of = distribution::quantiles({{0.5, 20 * ms}, {0.9, 60 * ms}});
  EXPECT_EQ(of.quantile(0), 20 * ms);
  EXPECT_EQ(of.quantile(0.5), 20 * ms);
  EXPECT_EQ(of.quantile(0.7), 40 * ms);
  EXPECT_EQ(of.quantile(1), 60 * ms);
}

TEST(distribution, is_never_negative_and_never_beyond_what_fits) {
  random_stream random(1);
  const auto wide = distribution::normal(1, 1'000'000);
  const auto heavy = distribution::pareto(1'000'000, 0.1);
  const auto centuries = distribution::exponential(std::numeric_limits<std::int64_t>::max() / 2);
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_GE(wide.draw(random), 0);
    EXPECT_GE(heavy.draw(random), 1'000'000);
    EXPECT_GE(centuries.draw(random), 0);
  }
  for (const auto& each : textbooks()) {
    EXPECT_GE(each.of.quantile(0), 0) << each.name;
    EXPECT_LE(each.of.quantile(1), 9'000'000'000'000'000'000) << each.name;
    EXPECT_GE(each.of.quantile(1), each.of.quantile(0.999)) << each.name;
  }
}

TEST(distribution, constant_takes_no_number) {
  random_stream random(1), untouched(1);
  EXPECT_EQ(distribution::constant(5).draw(random), 5);
  EXPECT_EQ(random.next(), untouched.next());
}

TEST(loss, is_as_frequent_as_asked_and_comes_in_bursts_of_the_mean_length) {
  for (const double mean_burst : {0.0, 1.0, 5.0}) {
    link lossy{.loss = 0.1};
    lossy.mean_burst = mean_burst;
    random_stream random(3);
    bool in_burst = false, before = false;
    int lost = 0, bursts = 0;
    constexpr int n = 1'000'000;
    for (int i = 0; i < n; ++i) {
      const bool now = is_lost(lossy, in_burst, random);
      lost += now;
      bursts += now && !before;
      before = now;
    }
    EXPECT_NEAR(static_cast<double>(lost) / n, 0.1, 0.005) << mean_burst;
    // Independent losses of 10 % come in runs of 1 / 0.9.
    EXPECT_NEAR(static_cast<double>(lost) / bursts, mean_burst == 0 ? 1 / 0.9 : mean_burst, 0.1);
  }
}

}  // namespace
}  // namespace tandem::sim
