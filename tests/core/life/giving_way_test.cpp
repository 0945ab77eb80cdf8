// SPDX-License-Identifier: MIT
// A stale list of addresses: silent attempts in a full table, and who waits behind them.
#include "core/driver.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

manager_options places(std::uint64_t n) {
  manager_options options;
  options.max_pending_outbound = n;
  options.uplink_failures = 0;
  return options;
}

endpoint host(std::uint32_t n) { return address(static_cast<std::uint16_t>(n)); }

TEST(giving_way, a_silent_attempt_leaves_its_place_to_a_dial_that_had_no_turn) {
  driver d(places(2));
  for (std::uint32_t n = 1; n <= 3; ++n) d.dial(req(n), peer(n), {host(n)});
  d.run_to(3s - 1ns);
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
  d.run_to(3s);
  EXPECT_EQ(d.count<actions::cancel_attempt>(), 1U);
  ASSERT_EQ(d.count<actions::start_attempt>(), 3U);
  EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(3));
  EXPECT_EQ(d.last(notice::attempt_failed).why, cause::pending_limit_reached);
  EXPECT_EQ(d.count(notice::dial_failed), 0U);
  EXPECT_EQ(d.counters().pending_outbound, 2U);
}

TEST(giving_way, never_to_a_dial_that_had_as_many_turns) {
  driver d(places(1));
  for (std::uint32_t n = 1; n <= 2; ++n) d.dial(req(n), peer(n), {host(n)});
  d.run_to(15s);
  EXPECT_EQ(d.count<actions::cancel_attempt>(), 1U) << "the first, and then nobody";
  EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(2));
  d.run_to(18s);  // the second had all of attempt_timeout
  EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(1));
}

TEST(giving_way, only_when_somebody_waits) {
  driver d(places(2));
  for (std::uint32_t n = 1; n <= 2; ++n) d.dial(req(n), peer(n), {host(n)});
  d.run_to(15s - 1ns);
  EXPECT_EQ(d.count<actions::cancel_attempt>(), 0U);
  d.dial(req(3), peer(3), {host(3)});  // and then at once
  EXPECT_EQ(d.count<actions::start_attempt>(), 3U);
}

TEST(giving_way, to_a_dial_of_higher_priority_whatever_its_turns) {
  driver d(places(1));
  d.dial(req(1), peer(1), {host(1)}, dial_mode::join, never, 5);
  d.dial(req(2), peer(2), {host(2)});
  d.run_to(10s);
  EXPECT_EQ(d.count<actions::start_attempt>(), 1U) << "not to one of lower priority";
}

TEST(giving_way, comes_back_with_twice_the_patience_until_the_longest_round_trip_connects) {
  driver d(places(1));
  d.dial(req(1), peer(1), {host(1)});
  std::uint32_t next = 2;
  for (const duration patience : {3s, 6s, 12s}) {
    const connection_id mine = d.last_attempt(peer(1));
    const time_point began = d.now;
    d.dial(req(next), peer(next), {host(next)});
    ++next;
    d.run_to((began + patience - 1ns).time_since_epoch());
    EXPECT_EQ(d.last<actions::start_attempt>()->attempt, mine);
    d.run_to((began + patience).time_since_epoch());
    EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(next - 1));
    d.fail();
    EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(1));
  }
  EXPECT_EQ(d.count(notice::dial_failed), 3U);
}

TEST(giving_way, a_thousand_dead_with_several_addresses_keep_nobody_waiting_behind_them) {
  driver d(places(256));
  for (std::uint32_t n = 0; n < 1000; ++n)  // peer 1000 is this node
    d.dial(req(5000 + n), peer(n), {host(n), host(2000 + n), host(4000 + n)});
  for (std::uint32_t n = 1001; n <= 1020; ++n) d.dial(req(n), peer(n), {host(n)});
  const auto living = [&] {
    std::size_t n = 0;
    for (std::uint32_t who = 1001; who <= 1020; ++who)
      n += d.last_attempt(peer(who)) != connection_id::none;
    return n;
  };
  d.run_to(9s - 1ns);
  EXPECT_EQ(living(), 0U);
  d.run_to(9s);  // 1020 dials, 256 at a time, 3 s each
  EXPECT_EQ(living(), 20U);
  EXPECT_EQ(d.count(notice::dial_failed), 0U);
  EXPECT_EQ(d.counters().pending_outbound, 256U);
}

TEST(giving_way, waits_for_the_last_event_of_the_one_that_gave_way) {
  driver d(places(2));
  d.answers = false;
  for (std::uint32_t n = 1; n <= 4; ++n) d.dial(req(n), peer(n), {host(n)});
  d.run_to(5s);
  EXPECT_EQ(d.count<actions::cancel_attempt>(), 1U);
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
  d.tell(events::attempt_failed{
      d.last<actions::cancel_attempt>()->attempt, cause::abandoned, true, {}});
  EXPECT_EQ(d.count<actions::start_attempt>(), 3U);
  EXPECT_EQ(d.count<actions::cancel_attempt>(), 2U);
}

/// Whoever is dialled accepts, and that is all.
void accept_all(driver& d) {
  for (std::size_t i = 0; i < d.log.size(); ++i) {
    const auto* x = std::get_if<actions::start_attempt>(&d.log[i].what);
    if (x == nullptr) continue;
    const connection_id id = x->attempt;
    d.log[i].what = actions::listen_pause{};  // done
    d.tell(events::attempt_connected{id});
  }
}

TEST(giving_way, a_peer_that_accepts_and_says_nothing_leaves_its_place_too) {
  driver d(places(2));
  for (std::uint32_t n = 1; n <= 2; ++n) d.dial(req(n), peer(n), {host(n)});
  d.run_to(2s);
  accept_all(d);
  d.dial(req(3), peer(3), {host(3)});
  d.run_to(5s - 1ns);
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  d.run_to(5s);
  ASSERT_EQ(d.count<actions::abort>(), 1U);
  EXPECT_EQ(d.last<actions::abort>()->reason, cause::pending_limit_reached);
  EXPECT_EQ(d.last(notice::handshake_failed).why, cause::pending_limit_reached);
  EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(3));
  EXPECT_EQ(d.count(notice::dial_failed), 0U);
  EXPECT_EQ(d.counters().pending_outbound, 2U);
  EXPECT_EQ(d.counters().remembered_peers, 0U) << "nobody is blamed";
}

TEST(giving_way, none_that_says_something_or_who_it_is) {
  driver d(places(2));
  for (std::uint32_t n = 1; n <= 2; ++n) d.dial(req(n), peer(n), {host(n)});
  const connection_id first = d.last_attempt(peer(1));
  const connection_id second = d.last_attempt(peer(2));
  accept_all(d);
  d.tell(events::authenticated{first, peer(1)});
  d.dial(req(3), peer(3), {host(3)});
  d.run_to(2s);
  d.other_bytes(second);  // it has its patience anew
  d.run_to(5s - 1ns);
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  d.run_to(5s);
  ASSERT_EQ(d.count<actions::abort>(), 1U);
  EXPECT_EQ(d.last<actions::abort>()->conn, second);
  accept_all(d);
  d.dial(req(4), peer(4), {host(4)}, dial_mode::join, never, 1);
  d.run_to(10s);  // that of the third gave way at 8 s
  d.tell(events::attempt_connected{d.last_attempt(peer(4))});
  d.run_to(14s);  // and may, since 13 s: nobody waits who has had fewer turns
  d.other_bytes(d.last_attempt(peer(4)));
  d.dial(req(5), peer(5), {host(5)}, dial_mode::join, never, 1);
  d.run_to(15s - 1ns);
  EXPECT_EQ(d.count<actions::abort>(), 2U);
  d.run_to(15s);  // handshake_timeout of the first: it authenticated, and no more
  EXPECT_EQ(d.last<actions::abort>()->conn, first);
  EXPECT_EQ(d.last<actions::abort>()->reason, cause::handshake_timeout);
}

TEST(giving_way, none_that_was_silent_for_long_and_then_said_who_it_is) {
  driver d(places(1));
  d.dial(req(1), peer(1), {host(1)});
  d.tell(events::attempt_connected{d.last_attempt(peer(1))});
  d.run_to(5s);
  d.tell(events::authenticated{d.last_attempt(peer(1)), peer(1)});
  d.dial(req(2), peer(2), {host(2)});
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  d.tell(events::ready{d.last_attempt(peer(1))});
  EXPECT_EQ(d.last(notice::dial_succeeded).request, req(1));
  EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(2));
}

TEST(giving_way, of_one_that_accepted_comes_back_with_more_patience_at_its_other_address_first) {
  driver d(places(1));
  d.dial(req(1), peer(1), {host(1), host(11)});
  d.tell(events::attempt_connected{d.last_attempt(peer(1))});
  d.dial(req(2), peer(2), {host(2)});
  d.run_to(3s);
  EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(2));
  d.fail();
  EXPECT_EQ(d.last<actions::start_attempt>()->address, host(11));
  d.fail();
  EXPECT_EQ(d.last<actions::start_attempt>()->address, host(1));
  d.run_to(8s);  // a round trip of 5 s
  d.tell(events::attempt_connected{d.last_attempt(peer(1))});
  d.dial(req(3), peer(3), {host(3)});
  d.run_to(13s);
  d.upgrade(d.last_attempt(peer(1)), peer(1));
  EXPECT_EQ(d.last(notice::dial_succeeded).request, req(1));
}

TEST(giving_way, four_hundred_that_accept_and_say_nothing_keep_nobody_waiting_behind_them) {
  driver d(places(256));
  for (std::uint32_t n = 0; n < 400; ++n) d.dial(req(5000 + n), peer(n), {host(n)});
  for (std::uint32_t n = 1001; n <= 1020; ++n) d.dial(req(n), peer(n), {host(n)});
  accept_all(d);
  d.run_to(3s - 1ns);
  EXPECT_EQ(d.last_attempt(peer(1020)), connection_id::none);
  d.run_to(3s);
  EXPECT_NE(d.last_attempt(peer(1020)), connection_id::none);
  EXPECT_EQ(d.counters().pending_outbound, 256U);
  EXPECT_EQ(d.count(notice::dial_failed), 0U);
}

manager_options memory_of(std::uint64_t connections) {
  manager_options options = places(256);
  options.max_memory = connections * options.connection_memory;
  return options;
}

TEST(giving_way, of_silent_attempts_that_take_all_memory_too) {
  driver d(memory_of(3));
  d.answers = false;  // what goes takes no memory from there on
  d.accept(conn(2), peer(9));
  for (std::uint32_t n = 1; n <= 4; ++n) d.dial(req(n), peer(n), {host(n)});
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
  EXPECT_EQ(d.count(notice::dial_failed), 0U) << "those beyond wait";
  EXPECT_EQ(d.manager.explain(peer(4), d.now).dial, dial_stage::queued);
  d.run_to(3s);
  EXPECT_EQ(d.count<actions::cancel_attempt>(), 1U);
  EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(3));
  d.tell(events::attempt_failed{
      d.last<actions::cancel_attempt>()->attempt, cause::abandoned, true, {}});
  EXPECT_EQ(d.count<actions::cancel_attempt>(), 2U);
  EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(4));
  EXPECT_EQ(d.count(notice::dial_failed), 0U);
}

TEST(giving_way, waits_for_no_memory_once_nothing_is_under_way_that_gives_some_back) {
  driver d(memory_of(2));
  d.accept(conn(2), peer(9));
  d.dial(req(1), peer(1), {host(1)});
  d.dial(req(2), peer(2), {host(2)});
  EXPECT_EQ(d.count(notice::dial_failed), 0U);
  d.connect(peer(1));
  EXPECT_EQ(d.last(notice::dial_failed).request, req(2));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::memory_limit_reached);
  d.dial(req(3), peer(3), {host(3)});
  EXPECT_EQ(d.last(notice::dial_failed).request, req(3)) << "at once";
}

TEST(giving_way, for_want_of_memory_is_in_line_with_the_requests_that_may_wait) {
  manager_options options = memory_of(1);
  options.max_queued_requests = 1;
  driver d(options);
  for (std::uint32_t n = 1; n <= 3; ++n) d.dial(req(n), peer(n), {host(n)});
  EXPECT_EQ(d.count(notice::dial_failed), 1U);
  EXPECT_EQ(describe(d.last(notice::dial_failed)), "PendingLimitReached{limit: 1, current: 1}");
}

TEST(giving_way, replays_alike) {
  driver d(places(2));
  for (std::uint32_t n = 1; n <= 9; ++n) d.dial(req(n), peer(n), {host(n), host(100 + n)});
  d.run_to(70s);
  const replay_result again = replay(d.trace.bytes());
  EXPECT_TRUE(again.identical) << again.error;
}

}  // namespace
}  // namespace tandem::test
