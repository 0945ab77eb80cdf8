// SPDX-License-Identifier: MIT
#include "core/driver.hpp"
#include "core/policy/failure_record.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace tandem::test {
namespace {

using detail::backoff_ceiling;
using detail::failure_record;
using detail::next_backoff;
using detail::open_period;

TEST(backoff, doubles_until_the_cap) {
  manager_options options;
  options.backoff_cap = 120s;
  const std::vector<duration> expected{1s, 2s, 4s, 8s, 16s, 32s, 64s, 120s, 120s};
  for (std::uint32_t n = 1; n <= expected.size(); ++n)
    EXPECT_EQ(backoff_ceiling(options, n), expected[n - 1]) << n;
  EXPECT_EQ(backoff_ceiling(options, 4'000'000'000U), 120s);
}

TEST(backoff, follows_the_series_of_grpc_when_told_to) {
  manager_options options;  // gRPC connection backoff: 1 s, x 1.6, cap 120 s
  options.backoff_multiplier = 1.6;
  options.backoff_cap = 120s;
  const double expected[] = {1,      1.6,    2.56,   4.096,  6.554,   10.486,
                             16.777, 26.844, 42.950, 68.719, 109.951, 120};
  for (std::uint32_t n = 1; n <= 12; ++n)
    EXPECT_NEAR(std::chrono::duration<double>(backoff_ceiling(options, n)).count(), expected[n - 1],
                0.0005);
  options.backoff_multiplier = 1;
  EXPECT_EQ(backoff_ceiling(options, 1'000'000), 1s);
}

TEST(backoff, jitter_is_uniform_from_zero_to_the_ceiling) {
  // Chi-square over 20 bins of 20 000 delays of the first failure; 19 degrees of freedom, 43.82 is
  // the 99.9 % quantile. The seed is fixed, so this either always holds or never.
  const manager_options options;
  random_stream random(2024);
  std::array<int, 20> bins{};
  constexpr int draws = 20'000;
  double sum = 0;
  for (int i = 0; i < draws; ++i) {
    failure_record record;
    record.failed(at(0s), options, random, cause::connection_refused,
                  detail::failure_class::refused, {});
    const double unit = std::chrono::duration<double>(record.until() - at(0s)).count();
    ASSERT_GE(unit, 0);
    ASSERT_LE(unit, 1);
    sum += unit;
    ++bins[std::min<std::size_t>(19, static_cast<std::size_t>(unit * 20))];
  }
  double chi = 0;
  for (const int n : bins) chi += std::pow(n - draws / 20.0, 2) / (draws / 20.0);
  EXPECT_LT(chi, 43.82);
  EXPECT_NEAR(sum / draws, 0.5, 4 * std::sqrt(1.0 / 12 / draws));
}

TEST(backoff, every_strategy_stays_within_its_bounds_and_reaches_them) {
  struct row {
    backoff_strategy strategy;
    duration least, most, ceiling;
  };
  // The third failure of base 1 s, x 2, the delay before having been 1.5 s.
  for (const auto& [strategy, least, most, ceiling] :
       {row{backoff_strategy::none, 0s, 0s, 0s}, row{backoff_strategy::exponential, 4s, 4s, 4s},
        row{backoff_strategy::equal, 2s, 4s, 4s}, row{backoff_strategy::full, 0s, 4s, 4s},
        row{backoff_strategy::decorrelated, 1s, 4500ms, 4500ms}}) {
    SCOPED_TRACE(static_cast<int>(strategy));
    backoff_options options;
    options.backoff_strategy = strategy;
    random_stream random(1);
    duration lowest = duration::max();
    duration highest{};
    for (int i = 0; i < 10'000; ++i) {
      const auto drawn = next_backoff(options, 3, 1500ms, random);
      EXPECT_EQ(drawn.ceiling, ceiling);
      lowest = std::min(lowest, drawn.delay);
      highest = std::max(highest, drawn.delay);
    }
    EXPECT_GE(lowest, least);
    EXPECT_LE(lowest, least + (most - least) / 100);
    EXPECT_LE(highest, most);
    EXPECT_GE(highest, most - (most - least) / 100);
  }
}

TEST(backoff, decorrelated_jitter_begins_at_the_base_and_stops_at_the_cap) {
  backoff_options options;
  options.backoff_strategy = backoff_strategy::decorrelated;
  options.backoff_cap = 120s;
  random_stream random(1);
  duration highest{};
  for (int i = 0; i < 1000; ++i) {
    const auto first = next_backoff(options, 1, 0s, random);
    EXPECT_GE(first.delay, 1s);
    EXPECT_LE(first.delay, 3s);
    const auto late = next_backoff(options, 50, 119s, random);
    EXPECT_LE(late.delay, 120s);
    EXPECT_EQ(late.ceiling, 120s);
    highest = std::max(highest, late.delay);
  }
  EXPECT_EQ(highest, 120s);
}

TEST(backoff, decorrelated_jitter_keeps_the_delay_before) {
  manager_options options;
  options.backoff_strategy = backoff_strategy::decorrelated;
  random_stream random(1);
  detail::backoff_count count;
  duration before = options.backoff_base;
  for (int i = 0; i < 20; ++i) {
    count.failed(at(0s), options, random);
    EXPECT_EQ(count.ceiling(), std::min<duration>(3 * before, 60s)) << i;
    before = count.until() - at(0s);
  }
}

TEST(backoff, every_strategy_draws_one_number_per_failure) {
  for (int i = 0; i < 5; ++i) {
    backoff_options options;
    options.backoff_strategy = static_cast<backoff_strategy>(i);
    random_stream random(1);
    random_stream once(1);
    next_backoff(options, 2, 1s, random);
    once.next();
    EXPECT_EQ(random.next(), once.next()) << i;
  }
}

TEST(backoff, a_multiplier_near_one_costs_a_bounded_number_of_steps) {
  backoff_options options;
  options.backoff_multiplier = 1.0000001;
  EXPECT_EQ(backoff_ceiling(options, 1024), backoff_ceiling(options, 4'000'000'000U));
  EXPECT_LT(backoff_ceiling(options, 1023), backoff_ceiling(options, 1024));
}

TEST(backoff, each_refund_without_a_failure_takes_one_failure_off) {
  const backoff_options options;
  random_stream random(1);
  detail::backoff_count count;
  for (int i = 0; i < 3; ++i) count.failed(at(0s), options, random);
  EXPECT_EQ(count.failures(at(10min - 1ns), 10min), 3U);
  EXPECT_EQ(count.failures(at(10min), 10min), 2U);
  EXPECT_EQ(count.failures(at(30min - 1ns), 10min), 1U);
  EXPECT_EQ(count.failures(at(30min), 10min), 0U);
  EXPECT_EQ(count.expiry(10min), at(30min));
  count.failed(at(20min), options, random);  // one was left: two, the refund begins anew
  EXPECT_EQ(count.ceiling(), 2s);
  EXPECT_EQ(count.failures(at(30min - 1ns), 10min), 2U);
  EXPECT_EQ(count.failures(at(30min), 10min), 1U);
}

TEST(backoff, refunds_that_never_end_stay_below_never) {
  EXPECT_EQ(detail::nothing_left_at(4'000'000'000U, at(1s), 24h * 365), never - 1ns);
  EXPECT_EQ(detail::nothing_left_at(0, at(1s), 10min), time_point::min());
  EXPECT_EQ(detail::left_of(4'000'000'000U, at(0s), at(1s), 1ns), 3'000'000'000U);
}

TEST(backoff, refuses_a_dial_until_the_instant_it_said) {
  driver d;
  d.dial(req(1), peer(1));
  d.fail();
  const notification failed = d.last(notice::dial_failed);
  EXPECT_EQ(failed.failures, 1U);
  EXPECT_EQ(failed.ceiling, 1s);
  const time_point until = failed.until;
  ASSERT_GT(until, d.now);
  ASSERT_LE(until, d.now + 1s);
  EXPECT_EQ(d.last(notice::backoff_started).until, until);
  d.run_to(until.time_since_epoch() - 1ns);
  d.dial(req(2), peer(1));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::backing_off);
  EXPECT_EQ(d.last(notice::dial_failed).until, until);
  EXPECT_EQ(d.refused(cause::backing_off), 1U);
  EXPECT_EQ(d.counters().failed_total, 1U);
  d.run_to(until.time_since_epoch());
  d.dial(req(3), peer(1));
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
}

TEST(backoff, local_failures_blame_nobody) {
  driver d;
  d.dial(req(1), peer(1));
  d.fail(cause::unreachable, true);
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::unreachable);
  EXPECT_EQ(d.last(notice::dial_failed).until, d.now);
  EXPECT_EQ(d.count(notice::backoff_started), 0U);
  EXPECT_EQ(d.counters().remembered_peers, 0U);
  EXPECT_EQ(d.counters().failed_total, 1U);
}

TEST(backoff, can_be_overridden) {
  driver d;
  d.dial(req(1), peer(1));
  d.fail();
  d.tell(events::backoff_overridden{peer(1)});
  d.dial(req(2), peer(1));
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
  d.fail();
  EXPECT_EQ(d.last(notice::backoff_started).failures, 2U);
}

TEST(backoff, the_peer_may_ask_for_more_time) {
  driver d;
  d.dial(req(1), peer(1));
  d.tell(events::attempt_failed{conn(1), cause::connection_refused, false, 25s});
  EXPECT_GE(d.last(notice::dial_failed).until, d.now + 25s);
  EXPECT_LE(d.last(notice::dial_failed).until, d.now + 31250ms);  // a quarter more, drawn
}

TEST(backoff, a_short_connection_keeps_the_failures_and_a_long_one_clears_them) {
  driver d;
  d.dial(req(1), peer(1));
  d.fail();
  d.run_for(1s);
  d.dial(req(2), peer(1));
  connection_id c = d.connect(peer(1));
  const time_point ready = d.now;
  d.tell(events::stream_opened{c});
  for (int i = 0; i < 6; ++i) {
    d.run_for(9s);
    d.other_bytes(c);
  }
  d.run_to(ready.time_since_epoch() + 60s - 1ns);
  d.tell(events::closed{c, cause::reset});
  EXPECT_EQ(d.manager.explain(peer(1), d.now).failures, 1U);

  d.dial(req(3), peer(1));
  c = d.connect(peer(1));
  const time_point again = d.now;
  d.tell(events::stream_opened{c});
  for (int i = 0; i < 6; ++i) {
    d.run_for(9s);
    d.other_bytes(c);
  }
  d.run_to(again.time_since_epoch() + 60s);
  d.tell(events::closed{c, cause::reset});
  EXPECT_EQ(d.manager.explain(peer(1), d.now).failures, 0U);
  EXPECT_EQ(d.counters().remembered_peers, 0U);
}

TEST(backoff, a_failure_beside_a_long_connection_is_the_first) {
  for (const duration length : {60s - 1ns, 60s + 0ns}) {
    driver d;
    d.dial(req(1), peer(1));
    d.fail();
    d.run_for(1s);
    d.dial(req(2), peer(1));
    const connection_id c = d.connect(peer(1));
    d.tell(events::stream_opened{c});
    for (int i = 0; i < 6; ++i) {
      d.run_for(9s);
      d.other_bytes(c);
    }
    d.run_to(1s + length);
    d.dial(req(3), peer(1), {address()}, dial_mode::additional);
    d.fail();
    EXPECT_EQ(d.last(notice::backoff_started).failures, length < 60s ? 2U : 1U);
  }
}

TEST(backoff, an_inbound_connection_does_not_bypass_it) {
  driver d;
  d.dial(req(1), peer(1));
  d.fail();
  const time_point until = d.last(notice::dial_failed).until;
  d.accept(conn(2), peer(1));
  d.tell(events::closed{conn(2), cause::reset});
  d.dial(req(2), peer(1));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::backing_off);
  EXPECT_EQ(d.last(notice::dial_failed).until, until);
}

/// Fails dials to the peer, each as early as it is allowed.
void fail_times(driver& d, int times, std::uint64_t first_request) {
  for (int i = 0; i < times; ++i) {
    d.run_to(std::max(d.now, d.manager.explain(peer(1), d.now).next_dial).time_since_epoch());
    d.dial(req(first_request + static_cast<std::uint64_t>(i)), peer(1));
    d.fail();
  }
}

TEST(breaker, opens_at_the_fifth_failure_in_a_row_until_one_instant) {
  driver d;
  fail_times(d, 4, 1);
  EXPECT_EQ(d.count(notice::circuit_opened), 0U);
  EXPECT_EQ(d.manager.explain(peer(1), d.now).circuit, circuit_state::closed);
  fail_times(d, 1, 5);
  ASSERT_EQ(d.count(notice::circuit_opened), 1U);
  EXPECT_EQ(d.last(notice::circuit_opened).failures, 5U);
  const time_point opened = d.when(notice::circuit_opened);
  const time_point end = d.last(notice::dial_failed).until;
  EXPECT_EQ(d.last(notice::circuit_opened).until, end);
  EXPECT_GE(end, opened + 15s);
  EXPECT_LE(end, opened + 30s);  // the ceiling of the backoff is 16 s
  EXPECT_EQ(d.manager.explain(peer(1), d.now).circuit, circuit_state::open);
  d.run_to((end - 1ns).time_since_epoch());
  d.dial(req(6), peer(1));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::circuit_open);
  EXPECT_EQ(d.last(notice::dial_failed).until, end);
  d.run_to(end.time_since_epoch());
  EXPECT_EQ(d.manager.explain(peer(1), d.now).circuit, circuit_state::half_open);
  d.dial(req(7), peer(1));
  EXPECT_EQ(d.count(notice::circuit_half_opened), 1U);
  EXPECT_EQ(d.count<actions::start_attempt>(), 6U);
  // One trial at a time.
  d.dial(req(8), peer(1), {address()}, dial_mode::additional);
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::circuit_open);
}

TEST(breaker, reopens_for_twice_as_long_after_a_failed_trial_up_to_its_maximum) {
  manager_options options;
  options.breaker_open_max = 300s;
  for (const auto& [n, expected] : std::vector<std::pair<std::uint32_t, duration>>{
           {1, 30s}, {2, 60s}, {3, 120s}, {4, 240s}, {5, 300s}, {6, 300s}, {4'000'000'000U, 300s}})
    EXPECT_EQ(open_period(options, n), expected) << n;

  driver d;
  fail_times(d, 5, 1);
  fail_times(d, 1, 6);
  EXPECT_EQ(d.count(notice::circuit_half_opened), 1U);
  EXPECT_EQ(d.count(notice::circuit_opened), 2U);
  EXPECT_GE(d.last(notice::circuit_opened).until, d.now + 30s);
  EXPECT_LE(d.last(notice::circuit_opened).until, d.now + 60s);
}

TEST(breaker, a_successful_trial_closes_it_and_an_abandoned_one_leaves_it_half_open) {
  driver d;
  fail_times(d, 5, 1);
  d.run_for(31s);
  d.dial(req(6), peer(1));
  d.tell(events::dial_abandoned{req(6)});
  EXPECT_EQ(d.manager.explain(peer(1), d.now).circuit, circuit_state::half_open);
  d.dial(req(7), peer(1));
  const connection_id c = d.connect(peer(1));
  EXPECT_EQ(d.last(notice::circuit_closed).conn, c);
  EXPECT_EQ(d.manager.explain(peer(1), d.now).circuit, circuit_state::closed);
  EXPECT_EQ(d.manager.explain(peer(1), d.now).failures, 5U);
  d.tell(events::closed{c, cause::reset});
  d.dial(req(8), peer(1));
  d.fail();
  EXPECT_EQ(d.count(notice::circuit_opened), 1U);  // consecutive failures count anew
  EXPECT_EQ(d.last(notice::backoff_started).failures, 6U);
}

TEST(remembered_peers, are_bounded_and_the_record_that_expires_soonest_goes_first) {
  manager_options options;
  options.backoff_refund = 1h;
  options.max_remembered_peers = 3;
  driver d(options);
  std::uint64_t r = 0;
  const auto fail = [&](std::uint32_t who) {
    d.run_for(200s);
    d.dial(req(++r), peer(who));
    d.fail();
  };
  for (std::uint32_t who = 1; who <= 3; ++who) fail(who);
  EXPECT_EQ(d.counters().records_dropped, 0U);
  fail(1);  // renewed
  fail(4);
  EXPECT_EQ(d.counters().remembered_peers, 3U);
  EXPECT_EQ(d.counters().records_dropped, 1U);
  EXPECT_EQ(d.manager.explain(peer(2), d.now).failures, 0U);
  EXPECT_EQ(d.manager.explain(peer(1), d.now).failures, 2U);
  EXPECT_EQ(d.manager.explain(peer(3), d.now).failures, 1U);
}

TEST(remembered_peers, with_a_connection_are_never_dropped) {
  manager_options options;
  options.max_remembered_peers = 1;
  driver d(options);
  d.dial(req(1), peer(1));
  d.fail();
  d.accept(conn(2), peer(1));
  for (std::uint32_t who = 2; who <= 9; ++who) {
    d.dial(req(who), peer(who));
    d.fail();
  }
  EXPECT_EQ(d.manager.explain(peer(1), d.now).failures, 1U);
  EXPECT_LE(d.counters().remembered_peers, 2U);
}

}  // namespace
}  // namespace tandem::test
