// SPDX-License-Identifier: MIT
// Which of many addresses a dial tries, and what it says about the others.
#include "core/driver.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tandem::test {
namespace {

manager_options quick() {
  manager_options options;
  options.backoff_strategy = backoff_strategy::none;
  options.breaker_failures = 1000;
  options.uplink_failures = 0;
  return options;
}

std::vector<endpoint> list(std::uint16_t n, std::uint16_t from = 1) {
  std::vector<endpoint> all;
  for (std::uint16_t i = 0; i < n; ++i)
    all.push_back(address(static_cast<std::uint16_t>(from + i)));
  return all;
}

/// The ports that the attempts since the action number `from` were at.
std::vector<std::uint16_t> tried(const driver& d, std::size_t from = 0) {
  std::vector<std::uint16_t> ports;
  for (std::size_t i = from; i < d.log.size(); ++i)
    if (const auto* x = std::get_if<actions::start_attempt>(&d.log[i].what))
      ports.push_back(x->address.port);
  return ports;
}

void fail_all(driver& d) {
  while (d.counters().pending_outbound > 0) d.fail();
}

TEST(many_addresses, sixteen_a_dial_and_all_in_turn_over_the_next) {
  driver d(quick());
  std::set<std::uint16_t> seen;
  for (std::uint32_t n = 1; n <= 4; ++n) {
    const std::size_t from = d.log.size();
    d.dial(req(n), peer(1), list(64));
    fail_all(d);
    const auto ports = tried(d, from);
    EXPECT_EQ(ports.size(), addresses_tried_max);
    seen.insert(ports.begin(), ports.end());
    d.run_for(1s);
  }
  EXPECT_EQ(seen.size(), 64U);
  const std::size_t from = d.log.size();
  d.dial(req(5), peer(1), list(64));
  fail_all(d);
  EXPECT_EQ(tried(d, from).front(), 1U) << "the one that failed the longest ago";
}

TEST(many_addresses, the_result_says_which_had_no_turn) {
  driver d(quick());
  d.dial(req(1), peer(1), list(20));
  fail_all(d);
  const notification failed = d.last(notice::dial_failed);
  EXPECT_EQ(failed.untried, 4U);
  EXPECT_EQ(describe(failed), "ConnectionRefused{failures: 1, until: 0 ms, untried: 4 addresses}");
  const auto untried = d.all(notice::address_untried);
  ASSERT_EQ(untried.size(), 4U);
  for (std::uint16_t i = 0; i < 4; ++i) {
    EXPECT_EQ(untried[i].second.where, address(static_cast<std::uint16_t>(17 + i)));
    EXPECT_EQ(untried[i].second.request, req(1));
    EXPECT_EQ(untried[i].second.peer, peer(1));
  }
}

TEST(many_addresses, sixty_four_of_which_the_first_fifty_six_are_silent_and_deadlines_are_short) {
  driver d(quick());
  std::uint64_t r = 0;
  while (d.count(notice::dial_succeeded) == 0 && r < 20) {
    d.dial(req(++r), peer(1), list(64), dial_mode::join, d.now + 5s);
    const time_point end = d.now + 5s;
    while (d.now < end && d.count(notice::dial_succeeded) == 0) {
      d.run_for(50ms);
      if (d.last<actions::start_attempt>()->address.port > 56 && d.counters().pending_outbound > 0)
        d.connect(peer(1));
    }
    d.run_for(1s);
  }
  EXPECT_EQ(d.count(notice::dial_succeeded), 1U);
  EXPECT_LE(r, 8U) << "eight at a time, none of them twice";
}

TEST(many_addresses, no_more_are_known_than_addresses_max) {
  driver d(quick());
  d.dial(req(1), peer(1), list(300));
  fail_all(d);
  EXPECT_EQ(d.last(notice::dial_failed).untried, addresses_max - addresses_tried_max);
  const replay_result again = replay(d.trace.bytes());
  EXPECT_TRUE(again.identical) << again.error;
}

TEST(many_addresses, the_one_that_worked_last_comes_first) {
  driver d(quick());
  for (std::uint64_t r = 1; r <= 2; ++r) {
    d.dial(req(r), peer(1), {address(static_cast<std::uint16_t>(6 + r))});
    d.tell(events::closed{d.connect(peer(1)), cause::remote_closed});
    d.run_for(1h);
  }
  d.dial(req(3), peer(1), list(20));
  d.run_for(250ms);
  const auto ports = tried(d);
  EXPECT_EQ((std::vector<std::uint16_t>(ports.end() - 2, ports.end())),
            (std::vector<std::uint16_t>{8, 7}));
}

TEST(many_addresses, what_failed_since_it_worked_has_no_preference) {
  driver d(quick());
  d.dial(req(1), peer(1), {address(2)});
  d.tell(events::closed{d.connect(peer(1)), cause::remote_closed});
  d.run_for(2min);
  d.dial(req(2), peer(1), {address(2)});
  d.fail();
  d.dial(req(3), peer(1), {address(1), address(2)});
  EXPECT_EQ(d.last<actions::start_attempt>()->address, address(1));
}

manager_options strict() {
  manager_options options;
  options.backoff_strategy = backoff_strategy::exponential;
  options.uplink_failures = 0;
  return options;
}

TEST(new_address, of_an_unreachable_peer_in_backoff_is_tried_at_once_and_it_alone) {
  driver d(strict());
  d.dial(req(1), peer(1), {address(1)});
  d.fail();
  d.dial(req(2), peer(1), {address(1)});
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::backing_off);
  d.dial(req(3), peer(1), {address(1), address(2)});
  EXPECT_EQ(d.last<actions::start_attempt>()->address, address(2));
  d.run_for(500ms);
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
  d.connect(peer(1));
  EXPECT_EQ(d.count(notice::dial_succeeded), 1U);
}

TEST(new_address, of_a_peer_with_an_open_circuit_is_tried_at_once_and_is_no_trial) {
  manager_options options = strict();
  options.breaker_failures = 1;
  driver d(options);
  d.dial(req(1), peer(1), {address(1)});
  d.fail(cause::connect_timeout);
  EXPECT_EQ(d.manager.explain(peer(1), d.now).circuit, circuit_state::open);
  d.dial(req(2), peer(1), {address(2)});
  EXPECT_EQ(d.last<actions::start_attempt>()->address, address(2));
  EXPECT_EQ(d.count(notice::circuit_half_opened), 0U);
  d.fail();
  d.dial(req(3), peer(1), {address(2)});
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::circuit_open) << "its own record counts";
}

TEST(new_address, beside_the_trial_of_a_half_open_circuit_takes_no_place_of_another_trial) {
  manager_options options = strict();
  options.breaker_failures = 1;
  driver d(options);
  d.dial(req(1), peer(1), {address(1)});
  d.fail(cause::connect_timeout);
  d.run_to(60s);
  d.dial(req(2), peer(1), {address(1)}, dial_mode::additional);
  EXPECT_EQ(d.manager.explain(peer(1), d.now).circuit, circuit_state::half_open);
  d.dial(req(3), peer(1), {address(2)}, dial_mode::additional);
  EXPECT_EQ(d.count<actions::start_attempt>(), 3U);
  d.tell(events::dial_abandoned{req(2)});  // a trial that says nothing
  d.dial(req(4), peer(1), {address(1)}, dial_mode::additional);
  EXPECT_EQ(d.count<actions::start_attempt>(), 4U) << "the next trial";
}

TEST(new_address, is_none_of_a_peer_that_answered_and_would_not_have_us) {
  for (const cause why : {cause::handshake_failed, cause::protocol_error}) {
    driver d(strict());
    d.dial(req(1), peer(1), {address(1)});
    d.tell(events::attempt_connected{conn(1)});
    d.tell(events::closed{conn(1), why});
    d.dial(req(2), peer(1), {address(2)});
    EXPECT_EQ(d.last(notice::dial_failed).why, cause::backing_off) << name_of(why);
  }
  driver d(strict());
  d.dial(req(1), peer(1), {address(1)});
  d.tell(events::attempt_connected{conn(1)});
  d.tell(events::remote_refused{conn(1), cause::limit_reached, 30s});
  d.tell(events::closed{conn(1), cause::limit_reached});
  d.dial(req(2), peer(1), {address(2)});
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::backing_off);
}

TEST(new_address, is_none_of_a_peer_that_asked_us_to_stay_away_since) {
  driver d(strict());
  d.dial(req(1), peer(1), {address(1)});
  d.fail();
  d.accept(conn(2), peer(1));
  d.tell(events::remote_refused{conn(2), cause::shutting_down, 30s});
  d.tell(events::closed{conn(2), cause::remote_closed});
  d.dial(req(2), peer(1), {address(2)});
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::backing_off);
  EXPECT_EQ(d.count<actions::start_attempt>(), 1U);
}

}  // namespace
}  // namespace tandem::test
