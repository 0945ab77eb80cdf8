// SPDX-License-Identifier: MIT
// What a dial that waits is asked again before its first attempt.
#include "core/driver.hpp"

#include <gtest/gtest.h>

#include <array>

namespace tandem::test {
namespace {

TEST(waiting_dial, is_refused_when_its_circuit_opened_meanwhile) {
  manager_options options;
  options.max_attempts_per_peer = 1;
  options.breaker_failures = 1;
  driver d(options);
  d.dial(req(1), peer(1), {address()}, dial_mode::additional);
  d.dial(req(2), peer(1), {address()}, dial_mode::additional);
  d.dial(req(3), peer(1), {address()}, dial_mode::additional);
  EXPECT_EQ(d.count(notice::dial_failed), 0U);
  d.fail();
  const auto failed = d.all(notice::dial_failed);
  ASSERT_EQ(failed.size(), 3U);
  EXPECT_EQ(failed[0].second.why, cause::connection_refused);
  for (const std::size_t i : {1U, 2U}) {
    EXPECT_EQ(failed[i].second.why, cause::circuit_open);
    EXPECT_EQ(failed[i].second.until, d.last(notice::circuit_opened).until);
  }
  EXPECT_EQ(d.refused(cause::circuit_open), 2U);
  EXPECT_EQ(d.count<actions::start_attempt>(), 1U);
}

TEST(waiting_dial, for_addresses_is_the_trial_of_a_half_open_circuit_and_goes_on) {
  manager_options options;
  options.breaker_failures = 1;
  driver d(options);
  d.dial(req(1), peer(1));
  d.fail();
  d.run_to(30s);
  d.dial(req(2), peer(1), {});
  ASSERT_EQ(d.count<actions::resolve>(), 1U);
  EXPECT_EQ(d.count(notice::circuit_half_opened), 1U);
  d.dial(req(3), peer(1), {address()}, dial_mode::additional);
  EXPECT_EQ(d.count(notice::dial_failed), 1U) << "it waits for the trial";
  const std::array found{address(2)};
  d.tell(events::addresses_found{req(2), found, true});
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
  EXPECT_EQ(d.last<actions::start_attempt>()->address, address(2));
}

TEST(waiting_dial, for_addresses_is_refused_when_its_circuit_opened_meanwhile) {
  manager_options options;
  options.breaker_failures = 1;
  driver d(options);
  d.dial(req(1), peer(1), {});
  d.dial(req(2), peer(1), {address()}, dial_mode::additional);
  d.fail();
  EXPECT_EQ(d.last(notice::dial_failed).request, req(2));
  const std::array found{address()};
  d.tell(events::addresses_found{req(1), found, true});
  EXPECT_EQ(d.last(notice::dial_failed).request, req(1));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::circuit_open);
  EXPECT_EQ(d.count<actions::start_attempt>(), 1U);
}

TEST(waiting_dial, for_addresses_is_one_of_the_trials_when_it_goes_on_after_its_circuit_opened) {
  manager_options options;
  options.breaker_failures = 1;
  driver d(options);
  for (std::uint32_t n = 1; n <= 2; ++n) d.dial(req(n), peer(1), {}, dial_mode::additional, never);
  d.dial(req(3), peer(1), {address()}, dial_mode::additional);
  d.fail();
  d.tell(events::backoff_overridden{peer(1)});
  d.run_to(10s);
  const std::array found{address(2)};
  EXPECT_EQ(d.manager.explain(peer(1), d.now).circuit, circuit_state::half_open);
  d.tell(events::addresses_found{req(1), found, true});
  EXPECT_EQ(d.count(notice::circuit_half_opened), 1U);
  const std::array known{address()};
  d.tell(events::addresses_found{req(2), known, true});
  EXPECT_EQ(d.count(notice::dial_failed), 1U) << "it waits for the trial";
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
}

TEST(waiting_dial, for_a_trial_of_its_peer_joins_what_came_of_it) {
  manager_options options;
  options.breaker_failures = 1;
  driver d(options);
  d.dial(req(1), peer(1));
  d.fail();
  d.run_to(60s);
  d.dial(req(2), peer(1), {address(2)}, dial_mode::additional);
  d.dial(req(3), peer(1));
  EXPECT_EQ(d.count(notice::dial_failed), 1U) << "it waits for the trial";
  const connection_id trial = d.connect(peer(1));
  const auto succeeded = d.all(notice::dial_succeeded);
  ASSERT_EQ(succeeded.size(), 2U);
  EXPECT_EQ(succeeded[1].second.request, req(3));
  EXPECT_EQ(succeeded[1].second.conn, trial);
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
}

TEST(waiting_dial, for_a_trial_hears_at_once_that_it_failed_for_want_of_another_address) {
  manager_options options;
  options.breaker_failures = 1;
  options.max_pending_outbound = 1;
  driver d(options);
  d.dial(req(1), peer(1));
  d.fail();
  d.run_to(60s);
  const endpoint other = endpoint::v4(8, 8, 8, 8, 1);
  d.dial(req(2), peer(1), {address(), other}, dial_mode::additional);
  d.dial(req(3), peer(1));
  d.dial(req(4), peer(2));
  d.fail();
  ASSERT_EQ(d.last<actions::start_attempt>()->peer, peer(2)) << "it had no turn yet";
  d.tell(events::subnet_marked{address(), 32, mark::deny});
  ASSERT_EQ(d.count(notice::dial_failed), 1U);
  d.fail();
  const auto failed = d.all(notice::dial_failed);
  ASSERT_EQ(failed.size(), 4U);
  EXPECT_EQ(failed[2].second.request, req(2));
  EXPECT_EQ(failed[3].second.request, req(3));
  EXPECT_EQ(failed[3].second.why, cause::circuit_open);
}

TEST(waiting_dial, is_refused_when_the_node_filled_meanwhile) {
  manager_options options;
  options.max_connections = options.max_connections_per_peer = 1;
  options.max_pending_outbound = 1;
  driver d(options);
  d.dial(req(1), peer(1));
  d.dial(req(2), peer(2));
  d.connect(peer(1));
  EXPECT_EQ(describe(d.last(notice::dial_failed)), "LimitReached{limit: 1, current: 1}");
  EXPECT_EQ(d.last(notice::dial_failed).request, req(2));
  EXPECT_EQ(d.count<actions::start_attempt>(), 1U);
}

TEST(waiting_dial, is_refused_when_its_peer_was_denied_meanwhile) {
  manager_options options;
  options.max_pending_outbound = 1;
  driver d(options);
  d.dial(req(1), peer(1));
  d.dial(req(2), peer(2));
  d.tell(events::peer_marked{peer(2), mark::deny});
  d.fail();
  EXPECT_EQ(d.last(notice::dial_failed).request, req(2));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::denied);
  EXPECT_EQ(d.refused(cause::denied), 1U);
  EXPECT_EQ(d.count<actions::start_attempt>(), 1U);
}

TEST(waiting_dial, tries_no_other_address_of_a_peer_denied_meanwhile) {
  driver d;
  d.dial(req(1), peer(1), {address(1), address(2)});
  d.tell(events::peer_marked{peer(1), mark::deny});
  d.fail();
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::denied);
  EXPECT_EQ(d.count<actions::start_attempt>(), 1U);
}

// Every other trial of a node that is offline is somebody who was reached before: a turn of theirs
// that nobody waited for is not over.
TEST(waiting_dial, of_a_proven_peer_has_its_turn_though_nobody_waited_at_the_last_one) {
  manager_options options;
  options.uplink_failures = 2;
  options.uplink_retry = 4s;
  options.backoff_strategy = backoff_strategy::none;
  options.breaker_failures = 1000;
  driver d(options);
  const auto dial = [&](std::uint32_t n, std::uint64_t r) {
    d.dial(req(r), peer(n), {address(static_cast<std::uint16_t>(n))});
  };
  dial(1, 1);
  const connection_id worked = d.connect(peer(1));
  d.app_bytes(worked);
  d.tell(events::closed{worked, cause::remote_closed});
  d.run_for(1s);
  for (const std::uint32_t n : {1, 2, 3}) {
    dial(n, 10 + n);
    d.fail(cause::connect_timeout);
  }
  EXPECT_EQ(d.count(notice::uplink_lost), 1U);
  dial(2, 21);
  d.tell(events::dial_abandoned{req(21)});
  d.run_for(4s);  // a trial is due, and nobody waits
  dial(3, 22);
  ASSERT_EQ(d.last<actions::start_attempt>()->peer, peer(3)) << "it was due";
  dial(2, 23);
  dial(1, 24);
  EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(3));
  d.run_for(4s);
  EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(1));
  d.run_for(4s);
  EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(2));
}

// One that has an attempt is not lost without memory: it goes on when there is some.
TEST(waiting_dial, beside_its_attempt_goes_on_when_there_is_memory_again) {
  manager_options options;
  options.max_memory = 2 * options.connection_memory;
  driver d(options);
  d.answers = false;  // what is told to go takes no memory from there on
  d.dial(req(1), peer(1), {address(1), address(2)});
  d.dial(req(2), peer(2), {address(3)});
  d.run_for(options.attempt_delay);
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U) << "there is no memory";
  d.run_for(1s);
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
  d.tell(events::dial_abandoned{req(2)});
  EXPECT_EQ(d.count<actions::cancel_attempt>(), 1U);
  EXPECT_EQ(d.count<actions::start_attempt>(), 3U);
  EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(1));
}

}  // namespace
}  // namespace tandem::test
