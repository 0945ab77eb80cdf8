// SPDX-License-Identifier: MIT
#include "learn/fit.hpp"

#include "learn/censored.hpp"
#include "tandem/core/random.hpp"
#include "tandem/sim/distribution.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace tandem::scenarios {
namespace {

using testing::DoubleNear;
using testing::StartsWith;

constexpr std::size_t draws = 6000;

/// Draws of a distribution, of which what is longer than a draw of another one is cut short there.
struct watched {
  std::vector<double> whole, cut;

  watched(const sim::distribution& length, const sim::distribution& patience) {
    random_stream random(7);
    for (std::size_t i = 0; i < draws; ++i) {
      const double real = static_cast<double>(length.draw(random)) / 1e9;
      const double seen = static_cast<double>(patience.draw(random)) / 1e9;
      if (real <= seen)
        whole.push_back(real);
      else
        cut.push_back(seen);
    }
  }
};

constexpr std::int64_t s = 1'000'000'000;

/// The numbers after `{kind: [`.
std::pair<double, double> parameters_of(const learned_fit& fit, const std::string& kind) {
  std::pair<double, double> found{};
  const auto format = "{" + kind + ": [%lfs, %lf]}";
  EXPECT_EQ(std::sscanf(fit.text.c_str(), format.c_str(), &found.first, &found.second), 2)
      << fit.text;
  return found;
}

void expect_near(std::pair<double, double> found, double first, double second) {
  EXPECT_NEAR(found.first, first, 0.05 * first);
  EXPECT_NEAR(found.second, second, 0.05 * second);
}

const std::vector<sim::distribution> patiences = {
    sim::distribution::constant(1'000'000 * s), sim::distribution::constant(40 * s),
    sim::distribution::constant(15 * s), sim::distribution::exponential(20 * s),
    sim::distribution::uniform(0, 60 * s)};

TEST(holds_that_were_cut_short, leave_weibull_s_parameters_as_they_are) {
  for (const auto& patience : patiences) {
    const watched seen(sim::distribution::weibull(20 * s, 0.6), patience);
    expect_near(parameters_of(fit_durations("x", seen.whole, seen.cut), "weibull"), 20, 0.6);
  }
}

TEST(holds_that_were_cut_short, leave_those_of_lognormal_ones_as_they_are) {
  for (const auto& patience : patiences) {
    const watched seen(sim::distribution::lognormal(10 * s, 1.2), patience);
    expect_near(parameters_of(fit_durations("x", seen.whole, seen.cut), "lognormal"), 10, 1.2);
  }
}

TEST(holds_that_were_cut_short, leave_the_mean_of_exponential_ones_as_it_is) {
  for (const auto& patience : patiences) {
    const watched seen(sim::distribution::exponential(20 * s), patience);
    const auto fit = fit_durations("x", seen.whole, seen.cut);
    double mean = 0;
    ASSERT_EQ(std::sscanf(fit.text.c_str(), "{exponential: %lfs}", &mean), 1) << fit.text;
    EXPECT_NEAR(mean, 20, 1);
  }
}

TEST(holds_that_were_cut_short, are_counted_where_only_quantiles_fit) {
  // Two kinds of visitors, 2 s to 3 s and 30 s to 31 s; from 10 s on a half is no more looked at.
  std::vector<double> whole, cut;
  for (int i = 0; i < 1000; ++i) {
    whole.push_back(2 + i / 1000.0);
    (i % 2 == 0 ? whole : cut).push_back(i % 2 == 0 ? 30 + i / 1000.0 : 10);
  }
  const auto fit = fit_durations("x", whole, cut);
  EXPECT_THAT(fit.text, StartsWith("{quantiles: {p0: 2s, p10: 2.19"));
  EXPECT_NE(fit.text.find("p75: 30.5s"), std::string::npos) << fit.text;
}

TEST(shares, are_those_of_kaplan_and_meier) {
  // 1 of 5; one cut at 2; 1 of 3 at 3 (another is cut just then, and was there); 1 of 1 at 7.
  const auto found = shares_of({{1, 3, 7}, {2, 3}});
  ASSERT_EQ(found.size(), 3u);
  EXPECT_THAT(found[0].second, DoubleNear(0.2, 1e-12));
  EXPECT_THAT(found[1].second, DoubleNear(1 - 0.8 * 2 / 3, 1e-12));
  EXPECT_THAT(found[2].second, DoubleNear(1, 1e-12));
}

}  // namespace
}  // namespace tandem::scenarios
