// SPDX-License-Identifier: MIT
#include "core/driver.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tandem::test {
namespace {

endpoint host(std::uint8_t subnet, std::uint8_t n) {
  return endpoint::v4(198, 51, subnet, n, 4001);
}

manager_options three() {
  manager_options options;
  options.backoff_strategy = backoff_strategy::none;
  options.subnet_breaker_failures = 3;
  options.breaker_failures = 1000;
  options.subnet_exempt = subnet_exemption::private_ranges;
  return options;
}

struct subject : driver {
  std::uint64_t next = 1;

  explicit subject(const manager_options& options = three()) : driver(options) {}
  /// A dial of a new peer at `where`; true when an attempt began.
  bool try_at(const endpoint& where) {
    const std::size_t before = count<actions::start_attempt>();
    dial(req(next), peer(static_cast<std::uint32_t>(next)), {where});
    ++next;
    return count<actions::start_attempt>() > before;
  }
  void fail_at(const endpoint& where, cause why = cause::connection_refused) {
    ASSERT_TRUE(try_at(where));
    fail(why);
  }
};

TEST(subnet_breaker, opens_at_its_number_of_failures_of_any_peers_and_not_before) {
  subject d;
  d.fail_at(host(1, 1));
  d.fail_at(host(1, 2));
  EXPECT_EQ(d.count(notice::circuit_opened), 0U);
  d.fail_at(host(1, 3));
  ASSERT_EQ(d.count(notice::circuit_opened), 1U);
  const notification opened = d.last(notice::circuit_opened);
  EXPECT_TRUE(opened.peer.empty());
  EXPECT_EQ(opened.where, host(1, 3));
  EXPECT_EQ(opened.failures, 3U);
  EXPECT_GE(opened.until, at(15s));
  EXPECT_LE(opened.until, at(30s));
  EXPECT_FALSE(d.try_at(host(1, 4)));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::circuit_open);
  EXPECT_EQ(d.last(notice::dial_failed).until, opened.until);
  EXPECT_EQ(d.refused(cause::circuit_open), 1U);
  EXPECT_TRUE(d.try_at(host(2, 4)));
}

TEST(subnet_breaker, how_long_it_is_open_is_drawn_from_half_of_the_period_to_all_of_it) {
  duration least = 1h;
  duration most{};
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    driver d(three(), peer(1000), seed);
    for (std::uint8_t n = 1; n <= 3; ++n) {
      d.dial(req(n), peer(n), {host(1, n)});
      d.fail();
    }
    const duration open = d.last(notice::circuit_opened).until - d.now;
    least = std::min(least, open);
    most = std::max(most, open);
  }
  EXPECT_GE(least, 15s);
  EXPECT_LT(least, 15500ms);
  EXPECT_LE(most, 30s);
  EXPECT_GT(most, 29500ms);
}

TEST(subnet_breaker, stays_open_when_the_backoff_of_a_peer_is_overridden) {
  manager_options options = three();
  options.backoff_strategy = backoff_strategy::exponential;
  subject d(options);
  for (std::uint8_t n = 1; n <= 3; ++n) d.fail_at(host(1, n));
  d.tell(events::backoff_overridden{peer(1)});
  d.dial(req(100), peer(1), {host(1, 1)});
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::circuit_open);
  d.tell(events::network_changed{});
  d.dial(req(101), peer(1), {host(1, 1)});
  EXPECT_EQ(d.count<actions::start_attempt>(), 4U);
}

TEST(subnet_breaker, leaves_the_other_addresses_of_a_dial) {
  subject d;
  for (std::uint8_t n = 1; n <= 3; ++n) d.fail_at(host(1, n));
  d.dial(req(100), peer(100), {host(1, 9), host(2, 9)});
  EXPECT_EQ(d.last<actions::start_attempt>()->address, host(2, 9));
}

TEST(subnet_breaker, a_connection_in_between_makes_failures_count_anew) {
  subject d;
  d.fail_at(host(1, 1));
  d.fail_at(host(1, 2));
  ASSERT_TRUE(d.try_at(host(1, 3)));
  d.tell(events::attempt_connected{d.last<actions::start_attempt>()->attempt});
  d.tell(events::closed{d.last<actions::start_attempt>()->attempt, cause::reset});
  d.fail_at(host(1, 4));
  d.fail_at(host(1, 5));
  EXPECT_EQ(d.count(notice::circuit_opened), 0U);
  d.fail_at(host(1, 6));
  EXPECT_EQ(d.count(notice::circuit_opened), 1U);
}

TEST(subnet_breaker, half_open_lets_one_attempt_decide) {
  subject d;
  for (std::uint8_t n = 1; n <= 3; ++n) d.fail_at(host(1, n));
  const duration first = d.last(notice::circuit_opened).until.time_since_epoch();
  d.run_to(first - 1ns);
  EXPECT_FALSE(d.try_at(host(1, 4)));
  d.run_to(first);
  ASSERT_TRUE(d.try_at(host(1, 4)));
  EXPECT_EQ(d.count(notice::circuit_half_opened), 1U);
  EXPECT_FALSE(d.try_at(host(1, 5)));
  const explanation x = d.manager.explain(peer(static_cast<std::uint32_t>(d.next - 1)), d.now);
  EXPECT_EQ(x.dial, dial_stage::held);
  EXPECT_EQ(x.held_by, cause::circuit_open);
  const std::size_t failed = d.count(notice::dial_failed);
  d.fail();
  EXPECT_EQ(d.count(notice::circuit_opened), 2U);
  EXPECT_GE(d.last(notice::circuit_opened).until, d.now + 30s);
  EXPECT_LE(d.last(notice::circuit_opened).until, d.now + 60s);
  EXPECT_EQ(d.count(notice::dial_failed), failed + 2);
  EXPECT_EQ(d.last(notice::dial_failed).request, req(d.next - 1))
      << "who waited is let down with the trial";
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::circuit_open);
  d.run_to(d.last(notice::circuit_opened).until.time_since_epoch());
  ASSERT_TRUE(d.try_at(host(1, 6)));
  d.tell(events::attempt_connected{d.last<actions::start_attempt>()->attempt});
  EXPECT_EQ(d.count(notice::circuit_closed), 1U);
  EXPECT_TRUE(d.try_at(host(1, 7)));
  EXPECT_TRUE(d.try_at(host(1, 8)));
}

TEST(subnet_breaker, half_open_lets_those_who_wait_go_on_when_the_trial_connects) {
  subject d;
  for (std::uint8_t n = 1; n <= 3; ++n) d.fail_at(host(1, n));
  d.run_to(30s);
  ASSERT_TRUE(d.try_at(host(1, 4)));
  EXPECT_FALSE(d.try_at(host(1, 5)));
  EXPECT_FALSE(d.try_at(host(1, 6)));
  d.tell(events::attempt_connected{d.last<actions::start_attempt>()->attempt});
  EXPECT_EQ(d.count<actions::start_attempt>(), 6U);
  EXPECT_EQ(d.count(notice::dial_failed), 3U);
}

TEST(subnet_breaker, half_open_holds_a_dial_no_longer_than_its_deadline) {
  subject d;
  for (std::uint8_t n = 1; n <= 3; ++n) d.fail_at(host(1, n));
  d.run_to(30s);
  ASSERT_TRUE(d.try_at(host(1, 4)));
  d.dial(req(50), peer(50), {host(1, 5)}, dial_mode::join, at(31s));
  d.run_to(31s);
  EXPECT_EQ(d.last(notice::dial_failed).request, req(50));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::circuit_open);
  EXPECT_EQ(d.manager.explain(peer(50), d.now).failures, 0U);
}

TEST(subnet_breaker, an_abandoned_trial_gives_its_place_back) {
  subject d;
  for (std::uint8_t n = 1; n <= 3; ++n) d.fail_at(host(1, n));
  d.run_to(30s);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(d.try_at(host(1, 4))) << i;
    d.tell(events::dial_abandoned{req(d.next - 1)});
  }
}

TEST(subnet_breaker, a_trial_that_connects_is_over_once_however_long_it_lives) {
  manager_options options = three();
  options.connection_timeout = options.liveness_interval = 1h;
  subject d(options);
  for (std::uint8_t n = 1; n <= 3; ++n) d.fail_at(host(1, n));
  d.run_to(30s);
  ASSERT_TRUE(d.try_at(host(1, 4)));
  const connection_id lives = d.connect(peer(static_cast<std::uint32_t>(d.next - 1)));
  for (std::uint8_t n = 5; n <= 7; ++n) d.fail_at(host(1, n));
  ASSERT_EQ(d.count(notice::circuit_opened), 2U);
  d.run_to(90s);
  EXPECT_TRUE(d.try_at(host(1, 8))) << "its place is free";
  d.tell(events::closed{lives, cause::remote_closed});
  EXPECT_FALSE(d.try_at(host(1, 9))) << "and is not given back again";
}

TEST(subnet_breaker, does_not_count_refusals_handshakes_or_our_own_faults) {
  manager_options options = three();
  options.subnet_breaker_failures = 1;
  subject d(options);
  for (std::uint8_t n = 1; n <= 10; ++n) {
    ASSERT_TRUE(d.try_at(host(1, n)));
    d.fail(cause::unreachable, true);
    ASSERT_TRUE(d.try_at(host(1, n)));
    const connection_id c = d.last<actions::start_attempt>()->attempt;
    d.tell(events::attempt_connected{c});
    if (n % 2 == 0) d.tell(events::remote_refused{c, cause::limit_reached, 0s});
    d.tell(events::closed{c, n % 2 == 0 ? cause::limit_reached : cause::handshake_failed});
  }
  EXPECT_EQ(d.count(notice::circuit_opened), 0U);
  d.fail_at(host(1, 1));
  EXPECT_EQ(d.count(notice::circuit_opened), 1U);
}

TEST(subnet_breaker, leaves_exempt_addresses_alone_and_can_be_turned_off) {
  subject d;
  for (std::uint8_t n = 1; n <= 10; ++n) d.fail_at(endpoint::v4(10, 0, 0, n, 1));
  EXPECT_EQ(d.count(notice::circuit_opened), 0U);

  manager_options options = three();
  options.subnet_breaker_failures = 0;
  subject off(options);
  for (std::uint8_t n = 1; n <= 100; ++n) off.fail_at(host(1, n));
  EXPECT_EQ(off.count(notice::circuit_opened), 0U);
}

TEST(subnet_breaker, is_forgiven_when_the_uplink_was_to_blame) {
  manager_options options = three();
  options.uplink_failures = 4;
  subject d(options);
  for (std::uint8_t n = 1; n <= 3; ++n) d.fail_at(host(1, n), cause::connect_timeout);
  EXPECT_EQ(d.count(notice::circuit_opened), 1U);
  d.fail_at(host(2, 1), cause::connect_timeout);
  EXPECT_EQ(d.counters().offline, 1U);
  d.tell(events::arrived{conn(2), address()});
  EXPECT_TRUE(d.try_at(host(1, 4)));
  EXPECT_EQ(d.count(notice::circuit_half_opened), 0U);
}

TEST(subnet_breaker, is_void_on_another_network) {
  subject d;
  for (std::uint8_t n = 1; n <= 3; ++n) d.fail_at(host(1, n));
  d.tell(events::network_changed{});
  EXPECT_TRUE(d.try_at(host(1, 4)));
  EXPECT_TRUE(d.try_at(host(1, 5)));
}

TEST(subnet_breaker, remembers_a_trial_that_began_on_another_network) {
  manager_options options = three();
  options.attempt_timeout = options.dial_timeout = 10min;
  subject d(options);
  for (std::uint8_t n = 1; n <= 3; ++n) d.fail_at(host(1, n));
  d.run_to(30s);
  ASSERT_TRUE(d.try_at(host(1, 4)));
  const std::uint64_t trial = d.next - 1;
  d.tell(events::network_changed{});
  for (std::uint8_t n = 5; n <= 7; ++n) d.fail_at(host(1, n));
  ASSERT_EQ(d.count(notice::circuit_opened), 2U);
  d.run_to(60s);
  EXPECT_FALSE(d.try_at(host(1, 8)));
  const std::size_t before = d.count<actions::start_attempt>();
  d.tell(events::dial_abandoned{req(trial)});
  EXPECT_EQ(d.count<actions::start_attempt>(), before + 1) << "it waited, and is the trial now";
}

TEST(subnet_breaker, what_was_over_when_other_options_come_stays_so_beside_connections_there) {
  manager_options options = three();
  options.backoff_refund = 5s;
  subject d(options);
  for (std::uint8_t n = 1; n <= 2; ++n) d.fail_at(host(1, n));
  d.tell(events::arrived{conn(2), host(1, 9)});  // the subnet is in use
  d.upgrade(conn(2), peer(500));
  d.run_to(10s);
  options.backoff_refund = 10min;
  d.tell(events::configured{options});
  for (std::uint8_t n = 3; n <= 4; ++n) d.fail_at(host(1, n));
  EXPECT_EQ(d.count(notice::circuit_opened), 0U);
  d.fail_at(host(1, 5));
  EXPECT_EQ(d.last(notice::circuit_opened).failures, 3U);
}

TEST(subnet_breaker, survives_options_that_count_subnets_anew_during_a_trial) {
  manager_options options = three();
  subject d(options);
  for (std::uint8_t n = 1; n <= 3; ++n) d.fail_at(host(1, n));
  d.run_to(30s);
  ASSERT_TRUE(d.try_at(host(1, 4)));
  options.subnet_v4_wide = 16;
  d.tell(events::configured{options});
  d.fail();
  for (std::uint8_t n = 1; n <= 2; ++n) d.fail_at(host(n, 9));
  EXPECT_EQ(d.count(notice::circuit_opened), 2U);
  d.run_for(30s);
  EXPECT_TRUE(d.try_at(host(7, 7)));
}

}  // namespace
}  // namespace tandem::test
