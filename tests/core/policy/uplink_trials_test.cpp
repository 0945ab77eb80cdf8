// SPDX-License-Identifier: MIT
// While a node takes itself to be offline: who tries, when, and who waits.
#include "core/policy/uplink_support.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tandem::test {
namespace {

TEST(uplink, while_offline_whoever_was_not_silent_yet_is_a_trial_and_nobody_is_blamed) {
  driver d(exponential());
  silence(d, 1, 8);
  d.dial(req(100), peer(100), {address(100)});
  EXPECT_EQ(d.count<actions::start_attempt>(), 9U);
  d.dial(req(101), peer(101), {address(101)});
  EXPECT_EQ(d.count<actions::start_attempt>(), 10U);
  d.fail(cause::connect_timeout);
  EXPECT_EQ(d.counters().offline, 1U);
  EXPECT_EQ(d.count(notice::backoff_started), 7U);
  EXPECT_EQ(d.manager.explain(peer(101), d.now).failures, 0U);
}

TEST(uplink, the_time_between_trials_is_drawn_from_half_of_uplink_retry_to_all_of_it) {
  duration least = 1h;
  duration most{};
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    driver d(exponential(), peer(1000), seed);
    silence(d, 1, 8);
    d.run_to(5s);
    d.dial(req(100), peer(1), {address(1)});
    d.dial(req(101), peer(2), {address(2)});
    const duration next = d.manager.explain(peer(2), d.now).dial_next - d.now;
    least = std::min(least, next);
    most = std::max(most, next);
  }
  EXPECT_GE(least, 2500ms);
  EXPECT_LT(least, 2600ms);
  EXPECT_LE(most, 5s);
  EXPECT_GT(most, 4900ms);
}

TEST(uplink, while_offline_one_of_the_silent_tries_in_half_to_all_of_uplink_retry) {
  driver d(exponential());
  silence(d, 1, 8);
  time_point due = d.last(notice::uplink_lost).until;
  for (std::uint32_t who = 1; who <= 4; ++who)
    d.dial(req(100 + who), peer(who), {address(static_cast<std::uint16_t>(who))});
  EXPECT_EQ(d.count(notice::dial_failed), 8U);
  const explanation x = d.manager.explain(peer(1), d.now);
  EXPECT_EQ(x.dial, dial_stage::held);
  EXPECT_EQ(x.held_by, cause::offline);
  EXPECT_EQ(x.dial_next, due);
  EXPECT_EQ(x.dial_refusal, cause::none);
  EXPECT_NE(x.sentence.find("its dial is held for a trial (Offline), goes on in"),
            std::string::npos)
      << x.sentence;
  for (std::size_t n = 9; n <= 12; ++n) {
    d.run_to((due - 1ns).time_since_epoch());
    EXPECT_EQ(d.count<actions::start_attempt>(), n - 1);
    d.run_to(due.time_since_epoch());
    EXPECT_EQ(d.count<actions::start_attempt>(), n) << "the first in line";
    EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(static_cast<std::uint32_t>(n - 8)));
    if (n == 12) break;
    const time_point next = d.manager.explain(peer(4), d.now).dial_next;
    EXPECT_GE(next, due + 2500ms);
    EXPECT_LE(next, due + 5s);
    due = next;
  }
}

TEST(uplink, every_other_trial_is_somebody_who_was_reached_before) {
  driver d(exponential());
  d.dial(req(50), peer(50), {address(50)});
  const connection_id worked = d.connect(peer(50));
  d.tell(events::closed{worked, cause::remote_closed});
  d.run_to(2min);
  silence(d, 1, 8);
  silence(d, 50, 50);
  for (const std::uint32_t who : {1U, 2U, 50U})
    d.dial(req(100 + who), peer(who), {address(static_cast<std::uint16_t>(who))});
  for (const std::uint32_t who : {50U, 1U}) {
    d.run_to(d.manager.explain(peer(2), d.now).dial_next.time_since_epoch());
    EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(who));
  }
}

TEST(uplink, a_new_address_of_a_silent_peer_is_a_trial_at_once) {
  driver d(exponential());
  silence(d, 1, 8);
  d.dial(req(100), peer(1), {address(1), address(200)});
  EXPECT_EQ(d.last<actions::start_attempt>()->address, address(200));
  EXPECT_EQ(d.count<actions::start_attempt>(), 9U);
}

TEST(uplink, a_dial_that_waits_for_a_trial_fails_at_its_deadline_and_blames_nobody) {
  driver d(exponential());
  silence(d, 1, 8);
  d.dial(req(100), peer(1), {address(1)}, dial_mode::join, at(2s));
  d.dial(req(101), peer(2), {address(2)}, dial_mode::join, at(2s));
  d.run_to(2s);
  ASSERT_EQ(d.count(notice::dial_failed), 10U);
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::offline);
  EXPECT_EQ(d.refused(cause::offline), 2U);
  EXPECT_EQ(d.manager.explain(peer(1), d.now).failures, 0U);
  EXPECT_EQ(d.count<actions::start_attempt>(), 8U);
}

manager_options two_are_offline() {
  manager_options options = exponential();
  options.uplink_failures = 2;
  options.subnet_breaker_failures = 1;
  return options;
}

endpoint outside(std::uint8_t host) { return endpoint::v4(8, 8, 8, host, 1); }

TEST(uplink, a_dial_that_waits_for_a_circuit_goes_on_when_that_is_forgiven) {
  driver d(two_are_offline());
  d.dial(req(1), peer(1), {outside(1)});
  d.fail(cause::connect_timeout);
  d.run_to(60s);
  d.dial(req(2), peer(2), {outside(2)});
  d.dial(req(3), peer(3), {outside(3)});
  EXPECT_EQ(d.last_attempt(peer(3)), connection_id::none);
  d.dial(req(4), peer(4), {address(4)});
  d.fail(cause::connect_timeout);
  EXPECT_EQ(d.counters().offline, 1U);
  EXPECT_NE(d.last_attempt(peer(3)), connection_id::none);
}

TEST(uplink, a_dial_that_waits_for_a_circuit_elsewhere_too_has_its_turn_when_a_trial_is_due) {
  driver d(two_are_offline());
  d.dial(req(1), peer(1), {outside(1)});
  d.fail();
  d.run_to(60s);
  d.dial(req(2), peer(2), {outside(2)});  // of its subnet's circuit the trial, for 15 s
  for (std::uint32_t n = 3; n <= 4; ++n) {
    d.dial(req(n), peer(n), {address(static_cast<std::uint16_t>(n))});
    d.fail(cause::connect_timeout);
  }
  ASSERT_EQ(d.counters().offline, 1U);
  const std::size_t began = d.count<actions::start_attempt>();
  d.dial(req(5), peer(3), {address(3), outside(3)});
  EXPECT_EQ(d.count<actions::start_attempt>(), began);
  d.run_for(5s);
  EXPECT_EQ(d.count<actions::start_attempt>(), began + 1);
  EXPECT_EQ(d.last<actions::start_attempt>()->address, address(3));
}

TEST(uplink, what_was_over_before_a_silence_does_not_come_back_with_other_options) {
  manager_options options = two_are_offline();
  options.backoff_refund = 10s;
  driver d(options);
  d.dial(req(1), peer(1), {address(1)});
  d.fail();
  d.run_to(8s);
  d.dial(req(2), peer(1), {address(1)});
  d.run_to(12s);  // over since 10 s, while nobody looked
  d.fail(cause::connect_timeout);
  options.backoff_refund = 10min;
  d.tell(events::configured{options});
  d.dial(req(3), peer(2), {address(2)});
  d.fail(cause::connect_timeout);
  ASSERT_EQ(d.counters().offline, 1U);
  EXPECT_EQ(d.manager.explain(peer(1), d.now).failures, 0U);
}

TEST(uplink, a_silence_that_is_over_holds_nobody) {
  manager_options options = two_are_offline();
  options.backoff_refund = 10s;
  options.uplink_retry = 1h;
  options.attempt_timeout = 1s;
  driver d(options);
  silence(d, 1, 2);
  ASSERT_EQ(d.counters().offline, 1U);
  d.run_to(5s);
  d.answers = false;
  d.dial(req(3), peer(1), {address(3)}, dial_mode::join, at(7s));
  d.run_to(7s);
  d.tell(events::attempt_failed{d.last_attempt(peer(1)), cause::abandoned, true, {}});
  d.dial(req(4), peer(1), {address(3)});
  EXPECT_EQ(d.count<actions::start_attempt>(), 3U) << "both were silent";
  d.run_to(11s);  // what the peer did is over, the address was silent later
  d.tell(events::backoff_overridden{peer(2)});  // has the manager look again
  EXPECT_EQ(d.count<actions::start_attempt>(), 4U);
}

TEST(uplink, a_sign_of_life_lets_all_who_wait_go_on) {
  driver d(exponential());
  silence(d, 1, 8);
  for (std::uint32_t who = 1; who <= 8; ++who)
    d.dial(req(100 + who), peer(who), {address(static_cast<std::uint16_t>(who))});
  EXPECT_EQ(d.count<actions::start_attempt>(), 8U);
  d.run_to(1s);
  d.accept(conn(2), peer(30));
  EXPECT_EQ(d.counters().offline, 0U);
  EXPECT_EQ(d.count(notice::uplink_restored), 1U);
  EXPECT_EQ(d.count<actions::start_attempt>(), 16U);
}

}  // namespace
}  // namespace tandem::test
