// SPDX-License-Identifier: MIT
// Whether a line holds with a value is found by looking again and again: that must not make chance
// decide more often than it is said to.
#include "scenarios/run_support.hpp"
#include "tandem/core/random.hpp"
#include "tandem/scenarios/campaign/search.hpp"
#include "tandem/scenarios/campaign/statistics.hpp"
#include "tandem/scenarios/read.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>
#include <string>
#include <vector>

namespace tandem::scenarios {
namespace {

search_plan plan_of(const std::string& line, std::uint64_t least = 5, std::uint64_t most = 100) {
  const auto base = parse_scenario(
      "{scenario: s, duration: 1s, groups: {server: {listen: true}, dialers: {count: 2}}}", "f");
  search_plan plan;
  plan.line = read_lines({line}, base).front();
  plan.asked.seeds_least = least;
  plan.asked.seeds_most = most;
  return plan;
}

/// Runs of which nobody runs anything; no two are the same.
class imagined_runs {
 public:
  void add(std::uint64_t count, const std::function<double()>& draw) {
    while (runs_.size() < count) {
      cell_result one;
      one.trace_hash = std::to_string(runs_.size());
      one.prints = {alike ? "" : one.trace_hash};
      cell_line line{"", verdict::ok, ""};
      line.value = draw();
      one.also.push_back(line);
      runs_.push_back(one);
    }
  }
  /// Nothing in them is random: only their seeds differ, with which each trace begins.
  bool alike = false;
  /// As a search does: twice as many each time, until it is decided.
  tried_value decide(const search_plan& plan, const std::function<double()>& draw) {
    tried_value out;
    add(plan.asked.seeds_least, draw);
    while (!judge_value(plan, runs_, out))
      add(std::min(2 * out.seeds, plan.asked.seeds_most), draw);
    return out;
  }

 private:
  std::vector<cell_result> runs_;
};

struct tally_of_searches {
  int covered = 0;
  int wrong = 0;  ///< said to be significant, and is not so
  int decided = 0;
};

constexpr int searches = 1500;
// Of a share of 5 % in so many, three standard deviations.
const double chance = 3 * std::sqrt(0.05 * 0.95 / searches);

/// Numbers of a known mean against a bound.
tally_of_searches search_often(double mean, double bound, const std::function<double()>& draw) {
  const auto plan = plan_of("server.blocking <= " + std::to_string(bound));
  tally_of_searches out;
  for (int i = 0; i < searches; ++i) {
    const auto found = imagined_runs().decide(plan, draw);
    const auto& number = found.number;
    // Of what was always the same nothing is said but that other runs are rare.
    const bool alike = number.least == number.most;
    out.covered += alike || std::abs(number.mean - mean) <= number.half_width;
    if (!found.significant) continue;
    ++out.decided;
    out.wrong += !alike && (mean == bound || found.holds != (mean < bound));
  }
  return out;
}

class coverage : public testing::TestWithParam<double> {
 protected:
  random_stream random = random_stream::of(7, "coverage", 0);
};

TEST_P(coverage, of_a_share_is_what_it_is_said_to_be_however_often_it_was_looked_at) {
  for (const double share : {0.1, 0.2, 0.3, 0.5, 0.9}) {
    const double bound = share * GetParam();
    const auto found =
        search_often(share, bound, [&] { return random.unit() < share ? 1.0 : 0.0; });
    EXPECT_GE(found.covered, searches * (0.95 - chance)) << share << " against " << bound;
    EXPECT_LE(found.wrong, searches * (0.05 + chance)) << share << " against " << bound;
  }
}

TEST_P(coverage, of_what_is_normally_distributed) {
  const double mean = 0.5;
  const double bound = mean + 0.2 * (GetParam() - 1);
  const auto found = search_often(mean, bound, [&] {
    return mean + 0.2 * std::sqrt(-2 * std::log(1 - random.unit())) *
                      std::cos(2 * std::numbers::pi * random.unit());
  });
  EXPECT_GE(found.covered, searches * (0.95 - chance)) << bound;
  EXPECT_LE(found.wrong, searches * (0.05 + chance)) << bound;
}

// At the true value, where chance alone could decide, close by, and far away.
INSTANTIATE_TEST_SUITE_P(at, coverage, testing::Values(1.0, 1.1, 1.5, 0.8));

TEST(judging, is_soon_certain_of_what_is_far_from_the_bound) {
  auto random = random_stream::of(7, "far", 0);
  const auto found = imagined_runs().decide(plan_of("server.blocking <= 0.5"),
                                            [&] { return 0.1 + 0.05 * random.unit(); });
  EXPECT_TRUE(found.significant);
  EXPECT_TRUE(found.holds);
  EXPECT_EQ(found.seeds, 5u);
}

TEST(judging, is_certain_at_once_of_runs_in_which_nothing_is_random) {
  imagined_runs runs;
  runs.alike = true;
  const auto out = runs.decide(plan_of("server.active <= 5"), [] { return 5.0; });
  EXPECT_TRUE(out.holds);
  EXPECT_TRUE(out.significant);
  EXPECT_EQ(out.seeds, 5u);
}

TEST(judging, takes_a_number_that_never_was_another_for_certain_after_twenty_runs) {
  const auto zero = [] { return 0.0; };
  const auto found = imagined_runs().decide(plan_of("server.blocking <= 0"), zero);
  EXPECT_TRUE(found.significant && found.holds);
  EXPECT_EQ(found.seeds, 20u);
  const auto few = imagined_runs().decide(plan_of("server.blocking <= 0", 5, 10), zero);
  EXPECT_TRUE(!few.significant && few.holds);
}

TEST(judging, of_a_settled_count_of_seeds_has_the_interval_of_those) {
  double next = 0;
  const auto draw = [&] { return next += 0.01; };
  const auto found = imagined_runs().decide(plan_of("server.blocking <= 0.03", 5, 5), draw);
  EXPECT_EQ(found.number.half_width,
            interval_of(std::vector{0.01, 0.02, 0.03, 0.04, 0.05}).half_width);
}

TEST(statistics, errors_of_all_looks_are_together_5_percent) {
  double sum = 0;
  for (std::uint64_t look = 1; look <= 100'000; ++look) sum += error_of_look(look);
  EXPECT_LT(sum, 0.05);
  EXPECT_NEAR(sum, 0.05, 1e-6);
}

// Of 20 runs one had a mishap. Clopper and Pearson: 0.13 % to 24.9 % have, with 95 %.
TEST(statistics, of_a_rare_mishap_are_those_of_its_share) {
  std::vector<double> values(20, 0.0);
  values[3] = 1;
  const auto found = interval_of_rare(values, 0.05);
  EXPECT_NEAR(found.mean + found.half_width, 0.24873, 1e-4);
  EXPECT_GT(found.half_width, interval_of(values).half_width);
  for (auto& value : values) value = 7 - 3 * value;
  EXPECT_NEAR(interval_of_rare(values, 0.05).half_width, 3 * found.half_width, 1e-9);
}

}  // namespace
}  // namespace tandem::scenarios
