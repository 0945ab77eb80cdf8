// SPDX-License-Identifier: MIT
#include "core/policy/circuit_breaker.hpp"

#include "core/driver.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tandem::test {
namespace {

using detail::circuit_breaker;

constexpr duration refund = 10min;

struct subject {
  breaker_options options;
  circuit_breaker breaker;
  random_stream random{1};

  bool fail(duration t) {
    return breaker.failed(at(t), options, options.breaker_failures, refund, random);
  }
  /// Open at `t`: until when.
  duration end(duration t) const { return breaker.until(at(t)).time_since_epoch(); }
  bool passes(duration t) const { return breaker.passes(at(t), options.breaker_trials); }
  void open(duration t = 0s) {
    for (std::uint64_t i = 0; i < options.breaker_failures; ++i) fail(t);
  }
};

TEST(circuit_breaker, opens_at_its_number_of_failures_in_a_row_not_before) {
  subject s;
  for (int i = 1; i <= 4; ++i) EXPECT_FALSE(s.fail(0s)) << i;
  EXPECT_TRUE(s.passes(0s));
  EXPECT_TRUE(s.fail(0s));
  EXPECT_FALSE(s.passes(0s));
  EXPECT_EQ(s.breaker.state(at(0s)), circuit_state::open);
  EXPECT_GE(s.end(0s), 15s);
  EXPECT_LE(s.end(0s), 30s);
}

TEST(circuit_breaker, how_long_it_is_open_is_drawn_from_half_of_the_period_to_all_of_it) {
  duration sum{};
  duration least = 1h;
  duration most{};
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    subject s;
    s.random = random_stream(seed);
    s.open();
    least = std::min(least, s.end(0s));
    most = std::max(most, s.end(0s));
    sum += s.end(0s);
  }
  EXPECT_GE(least, 15s);
  EXPECT_LT(least, 15100ms);
  EXPECT_LE(most, 30s);
  EXPECT_GT(most, 29900ms);
  // Five standard errors of a uniform mean: 5 * 15 s / sqrt(12 * 2000).
  EXPECT_NEAR(std::chrono::duration<double>(sum / 2000).count(), 22.5, 0.5);
}

TEST(circuit_breaker, may_be_kept_open_for_longer_and_is_not_opened_by_that) {
  subject s;
  s.breaker.postpone(at(50s));
  EXPECT_TRUE(s.passes(0s));
  s.open();
  const duration end = s.end(0s);
  s.breaker.postpone(at(1s));
  EXPECT_EQ(s.end(0s), end);
  s.breaker.postpone(at(50s));
  EXPECT_FALSE(s.passes(50s - 1ns));
  EXPECT_EQ(s.breaker.state(at(50s - 1ns)), circuit_state::open);
  EXPECT_TRUE(s.passes(50s));
}

TEST(circuit_breaker, a_success_makes_failures_count_anew) {
  subject s;
  for (int i = 0; i < 4; ++i) s.fail(0s);
  EXPECT_FALSE(s.breaker.succeeded());
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(s.fail(0s)) << i;
  EXPECT_TRUE(s.fail(0s));
}

TEST(circuit_breaker, is_half_open_from_the_instant_it_said) {
  subject s;
  s.open();
  const duration end = s.end(0s);
  EXPECT_FALSE(s.passes(end - 1ns));
  EXPECT_EQ(s.breaker.state(at(end - 1ns)), circuit_state::open);
  EXPECT_TRUE(s.passes(end));
  EXPECT_EQ(s.breaker.state(at(end)), circuit_state::half_open);
}

TEST(circuit_breaker, lets_breaker_trials_through_at_a_time) {
  subject s;
  s.options.breaker_trials = 3;
  s.open();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(s.passes(30s)) << i;
    const circuit_breaker::start start = s.breaker.starts(at(30s));
    EXPECT_TRUE(start.trial);
    EXPECT_EQ(start.half_opened, i == 0);
  }
  EXPECT_FALSE(s.passes(30s));
  EXPECT_EQ(s.breaker.until(at(30s)), never);
  s.breaker.trial_ends();
  EXPECT_TRUE(s.passes(30s));
}

TEST(circuit_breaker, one_failed_trial_opens_it_again_whatever_the_others_do) {
  subject s;
  s.options.breaker_trials = 2;
  s.open();
  s.breaker.starts(at(30s));
  s.breaker.starts(at(30s));
  EXPECT_TRUE(s.fail(31s));
  s.breaker.trial_ends();
  const duration end = s.end(31s);
  EXPECT_GE(end, 61s);
  EXPECT_LE(end, 91s);
  EXPECT_FALSE(s.fail(40s));  // the other one, which began before: no longer
  s.breaker.trial_ends();
  EXPECT_EQ(s.end(40s), end);
  EXPECT_EQ(s.breaker.trials(), 0U);
}

TEST(circuit_breaker, a_trial_that_succeeds_closes_it) {
  subject s;
  s.open();
  s.breaker.starts(at(30s));
  EXPECT_TRUE(s.breaker.succeeded());
  s.breaker.trial_ends();
  EXPECT_EQ(s.breaker.state(at(30s)), circuit_state::closed);
  EXPECT_FALSE(s.breaker.starts(at(30s)).trial);
}

TEST(circuit_breaker, one_that_works_while_it_is_open_leaves_nothing_behind) {
  subject s;
  s.open();
  EXPECT_TRUE(s.breaker.succeeded());
  EXPECT_EQ(s.breaker.state(at(0s)), circuit_state::closed);
  EXPECT_EQ(s.breaker.expiry(refund), time_point::min());
}

TEST(circuit_breaker, one_that_opened_during_a_trial_waits_for_it_too) {
  subject s;
  s.open();
  s.breaker.starts(at(30s));
  ASSERT_TRUE(s.fail(31s));  // of one that began before
  const duration end = s.end(31s);
  EXPECT_FALSE(s.passes(91s));
  s.breaker.trial_ends();
  EXPECT_FALSE(s.passes(end - 1ns));
  EXPECT_TRUE(s.passes(end));
}

TEST(circuit_breaker, stays_open_twice_as_long_each_time_in_a_row_up_to_its_maximum) {
  subject s;
  s.options.breaker_open_max = 300s;
  s.open();
  duration now = 0s;
  for (const duration period : {30s, 60s, 120s, 240s, 300s, 300s}) {
    EXPECT_GE(s.end(now), now + period / 2);
    EXPECT_LE(s.end(now), now + period);
    now += period;
    s.breaker.starts(at(now));
    EXPECT_TRUE(s.fail(now));
    s.breaker.trial_ends();
  }
}

TEST(circuit_breaker, one_that_worked_for_a_moment_opens_for_longer_the_next_time) {
  subject s;
  s.open();
  s.breaker.starts(at(30s));
  s.breaker.succeeded();
  s.breaker.trial_ends();
  s.open(40s);
  EXPECT_GE(s.end(40s), 70s);
  EXPECT_LE(s.end(40s), 100s);
}

TEST(circuit_breaker, each_refund_takes_one_failure_off) {
  subject s;
  for (int i = 0; i < 4; ++i) s.fail(0s);
  EXPECT_EQ(s.breaker.failures(at(refund - 1ns), refund), 4U);
  EXPECT_EQ(s.breaker.failures(at(refund), refund), 3U);
  EXPECT_FALSE(s.fail(refund));  // three were left
  EXPECT_TRUE(s.fail(refund + 1s));
}

TEST(circuit_breaker, expires_when_all_is_refunded_and_never_during_a_trial) {
  subject s;
  EXPECT_EQ(s.breaker.expiry(refund), time_point::min());
  s.fail(1s);
  EXPECT_EQ(s.breaker.expiry(refund), at(1s + refund));
  s.open(1s);
  EXPECT_EQ(s.breaker.expiry(refund), at(1s + 6 * refund));
  s.breaker.starts(at(60s));
  EXPECT_EQ(s.breaker.expiry(refund), never);
}

TEST(circuit_breaker, an_override_makes_the_next_one_a_trial) {
  subject s;
  s.open();
  s.breaker.override_period();
  EXPECT_TRUE(s.passes(1s));
  EXPECT_TRUE(s.breaker.starts(at(1s)).trial);
  EXPECT_FALSE(s.passes(1s));
}

TEST(circuit_breaker, goes_back_to_what_it_was_but_for_trials_in_progress) {
  subject s;
  s.fail(0s);
  const circuit_breaker before = s.breaker;
  s.open(1s);
  s.breaker.starts(at(31s));
  s.breaker.restore(before);
  EXPECT_EQ(s.breaker.failures(at(31s), refund), 1U);
  EXPECT_EQ(s.breaker.state(at(31s)), circuit_state::closed);
  EXPECT_EQ(s.breaker.trials(), 1U);
}

}  // namespace
}  // namespace tandem::test
