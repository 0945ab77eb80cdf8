// SPDX-License-Identifier: MIT
#include "core/policy/accept_rate.hpp"
#include "core/driver.hpp"
#include "tandem/core/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tandem::test {
namespace {

using detail::accept_rate;

endpoint from(std::uint8_t c, std::uint8_t d) { return endpoint::v4(192, 0, c, d, 9); }

/// The naive bucket: tokens as a fraction, filled up by the time that passed.
struct naive_bucket {
  double rate, burst, tokens = burst;
  time_point last{};
  bool take(time_point now) {
    tokens = std::min(burst, tokens + rate * std::chrono::duration<double>(now - last).count());
    last = now;
    if (tokens < 1 - 1e-9) return false;
    tokens -= 1;
    return true;
  }
};

TEST(accept_rate, lets_a_burst_in_and_then_one_a_period) {
  const accept_rate rate(0.2, 16);
  time_point full = time_point::min();
  for (int i = 0; i < 16; ++i) {
    ASSERT_EQ(rate.ready_at(full, at(1s)), at(1s)) << i;
    rate.take(full, at(1s));
  }
  EXPECT_EQ(rate.ready_at(full, at(1s)), at(6s));
  EXPECT_EQ(rate.ready_at(full, at(6s - 1ns)), at(6s));
  EXPECT_EQ(rate.ready_at(full, at(6s)), at(6s));
  rate.take(full, at(6s));
  EXPECT_EQ(rate.ready_at(full, at(6s)), at(11s));
  EXPECT_EQ(full, at(86s));  // 17 tokens of 5 s each from 1 s on
}

TEST(accept_rate, agrees_with_a_bucket_that_counts_tokens) {
  for (const auto& [per_second, burst] : {std::pair{0.2, 16U}, {1.0, 1U}, {250.0, 3U}}) {
    const accept_rate rate(per_second, burst);
    naive_bucket naive{per_second, static_cast<double>(burst)};
    random_stream random(7);
    time_point full = time_point::min(), now{};
    int taken = 0, refused = 0;
    for (int i = 0; i < 20'000; ++i) {
      // In quarters of a period, so that both buckets meet their limits exactly.
      now += duration(static_cast<std::int64_t>(1e9 / per_second / 4) *
                      static_cast<std::int64_t>(random.up_to(6)));
      const bool yes = rate.ready_at(full, now) == now;
      if (yes) rate.take(full, now);
      ASSERT_EQ(yes, naive.take(now)) << "at " << now.time_since_epoch().count();
      ++(yes ? taken : refused);
    }
    EXPECT_GT(taken, 1000);
    EXPECT_GT(refused, 1000);
  }
}

TEST(accept_rate, no_rate_is_no_limit_and_extremes_do_not_overflow) {
  EXPECT_FALSE(accept_rate(0, 64).limits());
  for (const double per_second : {1e-300, 1e-9, 1e9}) {
    const accept_rate rate(per_second, 10'000'000);
    ASSERT_TRUE(rate.limits());
    time_point full = time_point::min();
    EXPECT_EQ(rate.ready_at(full, at(1s)), at(1s));
    rate.take(full, at(1s));
    EXPECT_GT(full, at(1s));
    EXPECT_LE(full, at(1s) + std::chrono::hours(24 * 365));
  }
}

TEST(accept_rate, a_raised_rate_helps_at_once) {
  time_point full = time_point::min();
  const accept_rate slow(0.001, 1), fast(10, 1);
  slow.take(full, at(0s));
  EXPECT_EQ(slow.ready_at(full, at(1s)), at(1000s));
  EXPECT_EQ(fast.ready_at(full, at(1s)), at(1100ms));
  EXPECT_EQ(fast.ready_at(full, at(1100ms)), at(1100ms));
}

manager_options rated(double node, double subnet) {
  manager_options options;
  options.accept_rate = node;
  options.accept_burst = 4;
  options.subnet_accept_rate = subnet;
  options.subnet_accept_burst = 2;
  return options;
}

TEST(rate_limit, of_one_subnet_resets_the_arrival_after_its_burst_and_says_until_when) {
  driver d(rated(0, 0.5));
  std::uint64_t id = 0;
  const auto arrive = [&](const endpoint& where) {
    d.tell(events::arrived{conn(id += 2), where});
    return d.last<actions::admit>() && d.last<actions::admit>()->conn == conn(id);
  };
  EXPECT_TRUE(arrive(from(2, 1)));
  EXPECT_TRUE(arrive(from(2, 1)));
  EXPECT_FALSE(arrive(from(2, 1)));
  EXPECT_EQ(d.last<actions::refuse>()->how, refuse_how::reset);
  EXPECT_EQ(describe(d.last(notice::inbound_refused)),
            "RateLimited{limit: 2, current: 2, until: 2000 ms}");
  EXPECT_EQ(d.refused(cause::rate_limited), 1U);
  EXPECT_TRUE(arrive(from(2, 2)));  // another address is another narrow subnet
  d.run_to(2s - 1ns);
  EXPECT_FALSE(arrive(from(2, 1)));
  d.run_to(2s);
  EXPECT_TRUE(arrive(from(2, 1)));
  EXPECT_FALSE(arrive(from(2, 1)));
}

TEST(rate_limit, of_the_node_counts_every_address_even_exempt_ones) {
  driver d(rated(1, 0));
  for (std::uint8_t i = 1; i <= 4; ++i)
    d.tell(events::arrived{conn(2ULL * i), i % 2 ? address() : from(2, i)});
  EXPECT_EQ(d.counters().pending_inbound, 4U);
  d.tell(events::arrived{conn(10), address()});
  EXPECT_EQ(describe(d.last(notice::inbound_refused)),
            "RateLimited{limit: 4, current: 4, until: 1000 ms}");
  d.run_to(1s);
  d.tell(events::arrived{conn(12), address()});
  EXPECT_EQ(d.counters().pending_inbound, 5U);
}

TEST(rate_limit, a_flood_from_one_subnet_does_not_use_up_the_arrivals_of_the_node) {
  driver d(rated(1, 0.5));
  for (std::uint64_t i = 1; i <= 100; ++i) d.tell(events::arrived{conn(2 * i), from(2, 1)});
  EXPECT_EQ(d.counters().pending_inbound, 2U);
  d.tell(events::arrived{conn(202), from(3, 1)});
  d.tell(events::arrived{conn(204), from(4, 1)});
  EXPECT_EQ(d.counters().pending_inbound, 4U);
  d.tell(events::arrived{conn(206), from(5, 1)});
  EXPECT_EQ(d.counters().pending_inbound, 4U);
}

TEST(rate_limit, leaves_exempt_addresses_alone) {
  driver d(rated(0, 0.001));
  for (std::uint64_t i = 1; i <= 50; ++i) d.tell(events::arrived{conn(2 * i), address()});
  EXPECT_EQ(d.refused(cause::rate_limited), 0U);
  manager_options options = rated(0, 0.001);
  options.subnet_exempt = subnet_exemption::none;
  d.tell(events::configured{options});
  for (std::uint64_t i = 51; i <= 53; ++i) d.tell(events::arrived{conn(2 * i), address()});
  EXPECT_EQ(d.refused(cause::rate_limited), 1U);
}

TEST(rate_limit, comes_after_the_deny_list_and_before_the_pending_cap) {
  manager_options options = rated(0, 0.5);
  options.max_pending_inbound = 1;
  driver d(options);
  d.tell(events::subnet_marked{from(2, 0), 24, mark::deny});
  for (std::uint64_t i = 1; i <= 10; ++i) d.tell(events::arrived{conn(2 * i), from(2, 1)});
  EXPECT_EQ(d.refused(cause::denied), 10U);
  d.tell(events::subnet_marked{from(2, 0), 24, mark::deny, false});
  d.tell(events::arrived{conn(22), from(2, 1)});  // denied ones took no token
  EXPECT_EQ(d.counters().pending_inbound, 1U);
  d.tell(events::arrived{conn(24), from(2, 1)});
  EXPECT_EQ(d.refused(cause::pending_limit_reached), 1U);
  d.tell(events::arrived{conn(26), from(2, 1)});
  EXPECT_EQ(d.refused(cause::rate_limited), 1U);
}

TEST(rate_limit, does_not_forget_a_flooder_for_fresh_addresses) {
  manager_options options = rated(0, 0.01);
  options.max_remembered_subnets = 4;
  driver d(options);
  std::uint64_t id = 0;
  const auto arrive = [&](const endpoint& where) { d.tell(events::arrived{conn(id += 2), where}); };
  for (int i = 0; i < 3; ++i) arrive(from(2, 1));
  EXPECT_EQ(d.refused(cause::rate_limited), 1U);
  for (std::uint8_t i = 1; i <= 200; ++i) arrive(from(3, i));  // one token of each
  EXPECT_EQ(d.refused(cause::rate_limited), 1U);
  arrive(from(2, 1));
  EXPECT_EQ(d.refused(cause::rate_limited), 2U);
}

TEST(rate_limit, forgets_at_once_what_a_lowered_bound_has_no_room_for) {
  manager_options options = rated(0, 0.01);
  driver d(options);
  std::uint64_t id = 0;
  const auto refused = [&](std::uint8_t host) {
    const auto before = d.refused(cause::rate_limited);
    const connection_id c = conn(id += 2);
    d.tell(events::arrived{c, from(2, host)});
    d.tell(events::closed{c, cause::reset});
    return d.refused(cause::rate_limited) > before;
  };
  for (const std::uint8_t host : {1, 2, 3}) {
    int arrivals = 1;
    while (arrivals < 100 && !refused(host)) ++arrivals;
    ASSERT_LT(arrivals, 100);
    d.run_for(1s);
  }
  options.max_remembered_subnets = 1;
  d.tell(events::configured{options});
  EXPECT_FALSE(refused(1)) << "full again sooner than the last";
  EXPECT_FALSE(refused(2));
  d.tell(events::configured{options});
  EXPECT_TRUE(refused(3));
}

}  // namespace
}  // namespace tandem::test
