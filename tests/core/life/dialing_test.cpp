// SPDX-License-Identifier: MIT
#include "core/driver.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

TEST(outbound, goes_from_dial_wanted_to_ready) {
  driver d;
  d.dial(req(1), peer(1));
  const auto start = d.last<actions::start_attempt>();
  ASSERT_TRUE(start);
  EXPECT_EQ(start->attempt, conn(1));
  EXPECT_EQ(start->peer, peer(1));
  EXPECT_EQ(start->address, address());
  EXPECT_EQ(start->timeout, 15s);
  EXPECT_EQ(d.last(notice::dial_started).request, req(1));
  EXPECT_EQ(d.counters().pending_outbound, 1U);
  d.run_to(100ms);
  d.tell(events::attempt_connected{conn(1)});
  EXPECT_EQ(d.last<actions::admit>()->stage, stage::handshake);
  d.tell(events::authenticated{conn(1), peer(1)});
  EXPECT_EQ(d.last<actions::admit>()->stage, stage::established);
  EXPECT_EQ(d.counters().permits_live, 1U);
  EXPECT_EQ(d.count(notice::dial_succeeded), 0U);
  d.tell(events::ready{conn(1)});
  EXPECT_EQ(d.last(notice::dial_succeeded).request, req(1));
  EXPECT_EQ(d.last(notice::dial_succeeded).conn, conn(1));
  EXPECT_EQ(d.counters().pending_outbound, 0U);
  EXPECT_EQ(d.counters().active_connections, 1U);
  d.app_bytes(conn(1));
  d.tell(events::closed{conn(1), cause::remote_closed});
  d.dial(req(2), peer(1));
  EXPECT_EQ(d.last<actions::start_attempt>()->attempt, conn(3));
}

TEST(outbound, without_addresses_asks_for_them) {
  driver d;
  d.dial(req(1), peer(1), {});
  EXPECT_EQ(d.last<actions::resolve>()->request, req(1));
  EXPECT_EQ(d.count<actions::start_attempt>(), 0U);
  const std::vector<endpoint> some{address(1)};
  const std::vector<endpoint> more{address(1), address(2)};
  d.tell(events::addresses_found{req(1), some, false});
  EXPECT_EQ(d.last<actions::start_attempt>()->address, address(1));
  d.fail();
  EXPECT_EQ(d.count(notice::dial_failed), 0U);  // more may come
  d.tell(events::addresses_found{req(1), more, true});
  EXPECT_EQ(d.last<actions::start_attempt>()->address, address(2));
  d.fail();
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::connection_refused);

  d.dial(req(2), peer(2), {});
  d.tell(events::addresses_found{req(2), {}, true});
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::no_address);
  EXPECT_EQ(d.counters().failed_total, 1U);
  EXPECT_EQ(d.refused(cause::no_address), 1U);
}

TEST(outbound, fails_with_what_was_wrong_with_the_names_of_a_peer_when_they_gave_no_address) {
  driver d;
  for (const cause why : {cause::name_unknown, cause::name_timeout, cause::name_failed}) {
    const request_id request = req(static_cast<std::uint64_t>(why));
    d.dial(request, peer(1), {});
    d.tell(events::addresses_found{request, {}, true, why});
    EXPECT_EQ(d.last(notice::dial_failed).why, why);
    EXPECT_EQ(d.refused(why), 0U);
  }
  EXPECT_EQ(d.counters().failed_total, 3U);
  EXPECT_EQ(d.count(notice::backoff_started), 0U);  // nobody is to blame

  d.dial(req(1), peer(1), {});
  d.tell(events::addresses_found{req(1), std::array{address(1)}, false});
  d.tell(events::addresses_found{req(1), {}, true, cause::name_timeout});
  EXPECT_EQ(d.count(notice::dial_failed), 3U);  // what was found is still tried
  d.fail();
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::connection_refused);
}

TEST(outbound, asks_again_when_the_request_it_asked_for_is_abandoned) {
  driver d;
  d.dial(req(1), peer(1), {});
  d.dial(req(2), peer(1), {});
  EXPECT_EQ(d.count<actions::resolve>(), 1U);
  d.tell(events::dial_abandoned{req(1)});
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::abandoned);
  EXPECT_EQ(d.last<actions::resolve>()->request, req(2));
}

manager_options one_attempt_at_a_time() {
  manager_options options;
  options.max_attempts_per_peer = 1;
  return options;
}

TEST(addresses, are_tried_in_order_each_with_its_own_timeout) {
  driver d(one_attempt_at_a_time());
  d.dial(req(1), peer(1), {address(1), address(2), address(2), address(3)});
  EXPECT_EQ(d.last<actions::start_attempt>()->address, address(1));
  d.run_to(15s - 1ns);
  EXPECT_EQ(d.count<actions::cancel_attempt>(), 0U);
  d.run_to(15s);
  EXPECT_EQ(d.when<actions::cancel_attempt>(), at(15s));
  EXPECT_EQ(d.last(notice::attempt_failed).why, cause::attempt_timeout);
  EXPECT_EQ(d.last<actions::start_attempt>()->address, address(2));
  d.run_to(16s);
  d.fail(cause::connection_refused);
  EXPECT_EQ(d.last<actions::start_attempt>()->address, address(3));
  EXPECT_EQ(d.count(notice::dial_started), 1U);
  EXPECT_EQ(d.count(notice::dial_failed), 0U);
  EXPECT_EQ(d.counters().failed_total, 0U);
  d.fail(cause::unreachable);
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::unreachable);
  EXPECT_EQ(d.counters().failed_total, 1U);
  EXPECT_EQ(d.last(notice::dial_failed).failures, 1U);  // one dial, one failure
}

TEST(addresses, a_failed_handshake_goes_on_to_the_next) {
  driver d;
  d.dial(req(1), peer(1), {address(1), address(2)});
  d.tell(events::attempt_connected{conn(1)});
  d.tell(events::authenticated{conn(1), peer(2)});  // not the one dialled
  EXPECT_EQ(d.last<actions::abort>()->reason, cause::wrong_peer);
  EXPECT_EQ(d.last(notice::handshake_failed).why, cause::wrong_peer);
  EXPECT_EQ(d.last<actions::start_attempt>()->address, address(2));
  EXPECT_EQ(d.connect(peer(1)), conn(3));
  EXPECT_EQ(d.count(notice::dial_succeeded), 1U);
  EXPECT_EQ(d.counters().failed_total, 0U);
}

TEST(addresses, beyond_the_most_of_one_dial_wait_for_the_next) {
  driver d;
  std::vector<endpoint> many;
  for (std::uint16_t i = 1; i <= 20; ++i) many.push_back(address(i));
  d.dial(req(1), peer(1), many);
  for (int i = 0; i < 16; ++i) d.fail();
  EXPECT_EQ(d.count<actions::start_attempt>(), addresses_tried_max);
  EXPECT_EQ(d.count(notice::dial_failed), 1U);
}

TEST(addresses, beyond_the_most_are_ignored_and_not_missed_by_a_replay_though_some_repeat) {
  driver d;
  std::vector<endpoint> many(addresses_max, address(1));
  many.push_back(address(2));  // beyond what one event brings
  d.dial(req(1), peer(1), many);
  d.fail();
  EXPECT_EQ(d.count<actions::start_attempt>(), 1U);
  const replay_result again = replay(d.trace.bytes());
  EXPECT_TRUE(again.identical) << again.error << " at " << again.mismatch_at;
}

TEST(dial_deadline, ends_the_whole_dial_exactly) {
  manager_options options;
  options.attempt_timeout = 200s;
  driver d(options);
  d.run_to(1s);
  d.dial(req(1), peer(1));
  d.run_to(61s - 1ns);
  EXPECT_EQ(d.count(notice::dial_failed), 0U);
  d.run_to(61s);
  EXPECT_EQ(d.when(notice::dial_failed), at(61s));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::dial_deadline);
  EXPECT_EQ(d.count<actions::cancel_attempt>(), 1U);
  EXPECT_EQ(d.counters().pending_outbound, 0U);
  EXPECT_EQ(d.counters().failed_total, 1U);
  EXPECT_EQ(d.counters().remembered_peers, 1U);

  d.dial(req(2), peer(2), {address()}, dial_mode::join, d.now + 3s);
  d.run_for(3s);
  EXPECT_EQ(d.when(notice::dial_failed), at(64s));
}

TEST(dial_deadline, during_the_handshake_aborts) {
  manager_options options;
  options.handshake_timeout = 100s;
  driver d(options);
  d.dial(req(1), peer(1));
  d.tell(events::attempt_connected{conn(1)});
  d.run_to(60s);
  EXPECT_EQ(d.last<actions::abort>()->reason, cause::dial_deadline);
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::dial_deadline);
  EXPECT_EQ(d.counters().failed_total, 1U);
}

TEST(dial_deadline, of_the_caller_blames_nobody_when_it_is_shorter_than_dial_timeout) {
  manager_options options;
  options.attempt_timeout = 200s;
  for (const bool shorter : {true, false}) {
    driver d(options);
    d.dial(req(1), peer(1), {address(1), address(2)}, dial_mode::join,
           shorter ? at(60s - 1ns) : at(60s));
    d.tell(events::attempt_failed{conn(1), cause::connection_refused, false, {}});
    d.run_to(60s);
    EXPECT_EQ(d.last(notice::dial_failed).why, cause::dial_deadline);
    EXPECT_EQ(d.counters().failed_total, 1U);
    EXPECT_EQ(d.manager.explain(peer(1), d.now).failures, shorter ? 0U : 1U);
  }
}

TEST(dial_deadline, that_is_past_fails_the_dial_at_once_and_blames_nobody) {
  driver d;
  d.run_to(5s);
  for (const duration late : {0s, 1s}) {
    for (const dial_mode mode : {dial_mode::join, dial_mode::additional}) {
      d.dial(req(1), peer(1), {address()}, mode, d.now - late);
      EXPECT_EQ(d.last(notice::dial_failed).why, cause::dial_deadline);
      EXPECT_EQ(d.last(notice::dial_failed).request, req(1));
      EXPECT_EQ(d.last(notice::dial_failed).failures, 0U);
    }
  }
  EXPECT_EQ(d.count(notice::dial_failed), 4U);
  EXPECT_EQ(d.counters().failed_total, 4U);
  EXPECT_EQ(d.count<actions::start_attempt>() + d.count<actions::resolve>(), 0U);
  EXPECT_EQ(d.counters().remembered_peers, 0U);
}

TEST(dial_deadline, that_is_past_does_not_matter_where_there_is_a_connection) {
  driver d;
  d.accept(conn(2), peer(1));
  d.dial(req(1), peer(1), {address()}, dial_mode::join, d.now);
  EXPECT_EQ(d.last(notice::dial_succeeded).conn, conn(2));
}

TEST(abandoned, dials_blame_nobody) {
  driver d;
  d.dial(req(1), peer(1));
  d.run_to(5s);
  d.tell(events::dial_abandoned{req(1)});
  EXPECT_EQ(d.count<actions::cancel_attempt>(), 1U);
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::abandoned);
  EXPECT_EQ(d.counters().failed_total, 0U);
  EXPECT_EQ(d.counters().remembered_peers, 0U);
  EXPECT_EQ(d.counters().pending_outbound, 0U);
}

TEST(late_success, that_crosses_a_cancel_is_aborted) {
  driver d;
  d.answers = false;
  d.dial(req(1), peer(1));
  d.tell(events::dial_abandoned{req(1)});
  EXPECT_EQ(d.counters().pending_outbound, 1U);  // only the last event releases it
  d.tell(events::attempt_connected{conn(1)});
  EXPECT_EQ(d.last<actions::abort>()->conn, conn(1));
  EXPECT_EQ(d.last<actions::abort>()->reason, cause::abandoned);
  EXPECT_EQ(d.count<actions::admit>(), 0U);
  d.tell(events::closed{conn(1), cause::aborted});
  EXPECT_EQ(d.counters().pending_outbound, 0U);
  EXPECT_EQ(d.counters().failed_total, 0U);
}

TEST(late_success, after_an_attempt_timeout_lets_the_dial_go_on) {
  driver d(one_attempt_at_a_time());
  d.answers = false;
  d.dial(req(1), peer(1), {address(1), address(2)});
  d.run_to(15s);
  EXPECT_EQ(d.count<actions::start_attempt>(), 1U);
  d.tell(events::attempt_connected{conn(1)});
  d.tell(events::closed{conn(1), cause::aborted});
  EXPECT_EQ(d.last<actions::start_attempt>()->address, address(2));
  EXPECT_EQ(d.connect(peer(1)), conn(3));
  EXPECT_EQ(d.count(notice::dial_succeeded), 1U);
}

TEST(join, uses_the_connection_there_is_or_the_dial_in_progress) {
  driver d;
  d.dial(req(1), peer(1));
  d.dial(req(2), peer(1), {address(2)});
  EXPECT_EQ(d.count<actions::start_attempt>(), 1U);
  EXPECT_EQ(d.count(notice::dial_started), 2U);
  d.fail();
  EXPECT_EQ(d.last<actions::start_attempt>()->address, address(2));  // the joined one's address
  d.connect(peer(1));
  ASSERT_EQ(d.count(notice::dial_succeeded), 2U);
  EXPECT_EQ(d.all(notice::dial_succeeded)[0].second.request, req(1));
  EXPECT_EQ(d.all(notice::dial_succeeded)[1].second.request, req(2));
  d.dial(req(3), peer(1));
  EXPECT_EQ(d.last(notice::dial_succeeded).request, req(3));
  EXPECT_EQ(d.last(notice::dial_succeeded).conn, conn(3));
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
}

TEST(join, requests_keep_their_own_deadlines) {
  driver d;
  d.dial(req(1), peer(1), {address()}, dial_mode::join, at(2s));
  d.dial(req(2), peer(1), {address()}, dial_mode::join, at(9s));
  d.run_to(2s);
  EXPECT_EQ(d.count(notice::dial_failed), 1U);
  EXPECT_EQ(d.last(notice::dial_failed).request, req(1));
  EXPECT_EQ(d.counters().failed_total, 0U);
  EXPECT_EQ(d.count<actions::cancel_attempt>(), 0U);
  d.run_to(9s);
  EXPECT_EQ(d.last(notice::dial_failed).request, req(2));
  EXPECT_EQ(d.count<actions::cancel_attempt>(), 1U);
  EXPECT_EQ(d.counters().failed_total, 1U);
}

TEST(additional, dials_make_one_more_connection_whatever_there_is) {
  driver d;
  d.dial(req(1), peer(1));
  d.connect(peer(1));
  d.dial(req(2), peer(1), {address()}, dial_mode::additional);
  EXPECT_EQ(d.connect(peer(1)), conn(3));
  EXPECT_EQ(d.counters().active_connections, 2U);
  EXPECT_EQ(d.counters().connected_peers, 1U);
}

TEST(pending_outbound, waits_in_line_by_priority_and_is_served_as_slots_free) {
  manager_options options;
  options.max_pending_outbound = 2;
  driver d(options);
  for (std::uint64_t r = 1; r <= 4; ++r) d.dial(req(r), peer(static_cast<std::uint32_t>(r)));
  d.dial(req(5), peer(5), {address()}, dial_mode::join, never, 7);
  EXPECT_EQ(d.counters().pending_outbound, 2U);
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
  d.tell(events::attempt_failed{conn(1), cause::connection_refused});
  EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(5));
  d.tell(events::attempt_failed{conn(3), cause::connection_refused});
  EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(3));
  d.connect(peer(3));  // ready frees the slot too
  EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(4));
  EXPECT_EQ(d.counters().pending_outbound, 2U);
}

TEST(pending_outbound, holds_at_its_default_of_256) {
  driver d;
  for (std::uint32_t i = 1; i <= 257; ++i) d.dial(req(i), peer(i));
  EXPECT_EQ(d.count<actions::start_attempt>(), 256U);
  EXPECT_EQ(d.counters().pending_outbound, 256U);
  EXPECT_EQ(d.count(notice::dial_failed), 0U);
}

TEST(queued_requests, are_bounded) {
  manager_options options;
  options.max_pending_outbound = 1;
  options.max_queued_requests = 2;
  driver d(options);
  d.dial(req(1), peer(1));
  d.dial(req(2), peer(1));  // joins
  d.dial(req(3), peer(3));  // waits
  EXPECT_EQ(d.count(notice::dial_failed), 0U);
  d.dial(req(4), peer(4));
  EXPECT_EQ(describe(d.last(notice::dial_failed)), "PendingLimitReached{limit: 2, current: 2}");
  d.dial(req(5), peer(1));
  EXPECT_EQ(d.refused(cause::pending_limit_reached), 2U);
  d.fail();  // both requests of peer 1 fail, peer 3 starts
  EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(3));
  d.dial(req(6), peer(6));
  d.dial(req(7), peer(7), {});
  EXPECT_EQ(d.refused(cause::pending_limit_reached), 2U);
  d.dial(req(8), peer(8));
  EXPECT_EQ(d.refused(cause::pending_limit_reached), 3U);
}

TEST(queued_requests, of_lower_priority_make_room_the_last_come_first) {
  manager_options options;
  options.max_pending_outbound = 1;
  options.max_queued_requests = 3;
  driver d(options);
  d.dial(req(1), peer(1));  // in progress: never dropped
  d.dial(req(2), peer(2), {address()}, dial_mode::join, never, 1);
  d.dial(req(3), peer(3));
  d.dial(req(4), peer(4));
  d.dial(req(5), peer(5), {address()}, dial_mode::join, never, 1);
  EXPECT_EQ(d.last(notice::dial_failed).request, req(4));
  EXPECT_EQ(describe(d.last(notice::dial_failed)), "PendingLimitReached{limit: 3, current: 3}");
  d.dial(req(6), peer(6), {address()}, dial_mode::join, never, 1);
  EXPECT_EQ(d.last(notice::dial_failed).request, req(3));
  d.dial(req(7), peer(7), {address()}, dial_mode::join, never, 1);  // nobody is below it
  EXPECT_EQ(d.last(notice::dial_failed).request, req(7));
  d.dial(req(8), peer(6), {address()}, dial_mode::join, never, 2);  // takes the place of 6 to join
  EXPECT_EQ(d.last(notice::dial_failed).request, req(6));
  EXPECT_EQ(d.refused(cause::pending_limit_reached), 4U);
  EXPECT_EQ(d.count(notice::dial_failed), 4U);
  EXPECT_EQ(d.counters().failed_total, 0U);
  EXPECT_EQ(d.counters().remembered_peers, 0U);
  d.fail();
  EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(6));
}

TEST(queued_requests, that_join_a_dial_in_progress_make_room_too_and_leave_the_dial_alone) {
  manager_options options;
  options.max_pending_outbound = options.max_queued_requests = 1;
  driver d(options);
  d.dial(req(1), peer(1));
  d.dial(req(2), peer(1));
  d.dial(req(3), peer(3), {address()}, dial_mode::join, never, 1);
  EXPECT_EQ(d.last(notice::dial_failed).request, req(2));
  d.dial(req(4), peer(4), {address()}, dial_mode::join, never, 1);
  EXPECT_EQ(d.last(notice::dial_failed).request, req(4));
  EXPECT_EQ(d.count<actions::cancel_attempt>(), 0U);
  d.connect(peer(1));
  EXPECT_EQ(d.last(notice::dial_succeeded).request, req(1));
  EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(3));
}

TEST(queued_requests, that_make_room_leave_a_dial_whose_addresses_are_known_to_who_joins_it) {
  manager_options options;
  options.max_pending_outbound = 1;
  options.max_queued_requests = 2;
  options.max_connections_per_peer = 1;
  driver d(options);
  d.accept(conn(2), peer(9));
  d.dial(req(1), peer(1));
  d.dial(req(2), peer(2), {});  // asks for addresses
  d.dial(req(3), peer(2), {address()}, dial_mode::join, never, 1);
  d.tell(events::addresses_found{req(3), {}, true});
  options.max_connections = 1;
  d.tell(events::configured{options});
  d.dial(req(4), peer(2), {address()}, dial_mode::join, never, 1);
  EXPECT_EQ(d.refused(cause::pending_limit_reached), 1U);  // request 2
  EXPECT_EQ(d.count(notice::dial_failed), 3U);
  EXPECT_EQ(d.last(notice::dial_failed).request, req(4));
  EXPECT_EQ(describe(d.last(notice::dial_failed)), "LimitReached{limit: 1, current: 1}");
  EXPECT_EQ(d.refused(cause::limit_reached), 1U);  // one dial, which two had asked for
}

TEST(queued_requests, raise_the_dial_they_join) {
  manager_options options;
  options.max_pending_outbound = 1;
  driver d(options);
  d.dial(req(1), peer(1));
  d.dial(req(2), peer(2), {address()}, dial_mode::join, never, 1);
  d.dial(req(3), peer(3));
  d.dial(req(4), peer(3), {address()}, dial_mode::join, never, 2);
  d.fail();
  EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(3));
}

// Ten dials come for each that can be served, for an hour; now and then one of priority. Each of
// them begins once the first of the slots is free: within one attempt_timeout.
TEST(queued_requests, ten_times_more_than_can_be_served_do_not_starve_a_priority_dial) {
  manager_options options;
  options.max_pending_outbound = 8;
  options.max_queued_requests = 64;
  options.attempt_timeout = 10s;
  options.uplink_failures = 0;  // all of them are dead
  driver d(options);
  // Eight slots of 10 s serve 0.8 dials a second; eight come, every one to a peer that is dead.
  std::uint64_t next = 1;
  duration longest{};
  std::uint64_t served = 0;
  for (auto t = 0ms; t < 3'600'000ms; t += 125ms) {
    d.run_to(t);
    const std::uint64_t r = next++;
    const bool priority = r % 400 == 0;
    d.dial(req(r), peer(static_cast<std::uint32_t>(r)), {address(1), address(2)}, dial_mode::join,
           never, priority ? 1 : 0);
    ASSERT_LE(d.counters().pending_outbound, 8U);
    if (!priority) continue;
    const time_point asked = d.now;
    const auto began = [&] {
      for (const auto& [when, what] : d.all(notice::dial_started))
        if (what.request == req(r)) return when;
      return never;
    };
    for (auto waited = 0ms; began() == never; waited += 125ms) {
      ASSERT_LE(waited, 10s) << "request " << r;
      d.run_for(125ms);
      const std::uint64_t more = next++;
      if (began() != never) break;
      d.dial(req(more), peer(static_cast<std::uint32_t>(more)), {address(1)});
      t += 125ms;
    }
    ++served;
    longest = std::max(longest, began() - asked);
    d.log.clear();
  }
  EXPECT_GT(served, 50U);
  EXPECT_LE(longest, 10s);
  EXPECT_GT(longest, 0s);
  EXPECT_GT(d.refused(cause::pending_limit_reached), 20'000U);
}

TEST(queued_requests, that_never_started_blame_nobody_at_their_deadline) {
  manager_options options;
  options.max_pending_outbound = 1;
  options.attempt_timeout = 100s;
  driver d(options);
  d.dial(req(1), peer(1));
  d.dial(req(2), peer(2), {address()}, dial_mode::join, at(5s));
  d.run_to(5s);
  EXPECT_EQ(d.last(notice::dial_failed).request, req(2));
  EXPECT_EQ(d.last(notice::dial_failed).failures, 0U);
  EXPECT_EQ(d.counters().remembered_peers, 0U);
}

TEST(anonymous, dials_take_whoever_answers) {
  driver d;
  d.dial(req(1), peer_id{});
  EXPECT_TRUE(d.last<actions::start_attempt>()->peer.empty());
  d.connect(peer(9));
  EXPECT_EQ(d.last(notice::dial_succeeded).peer, peer(9));
  d.dial(req(2), peer_id{});
  d.fail();
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::connection_refused);
  EXPECT_EQ(d.counters().remembered_peers, 0U);
  d.dial(req(3), peer_id{}, {});
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::no_address);
}

TEST(remote_refusal, fails_the_dial_with_its_reason_and_feeds_backoff_not_the_breaker) {
  driver d;
  for (std::uint64_t i = 0; i < 8; ++i) {
    d.run_for(200s);
    d.dial(req(i + 1), peer(1), {address(1), address(2)});
    const connection_id c = d.last<actions::start_attempt>()->attempt;
    d.tell(events::attempt_connected{c});
    d.tell(events::authenticated{c, peer(1)});
    d.tell(events::remote_refused{c, cause::limit_reached});
    d.tell(events::closed{c, cause::remote_closed});
  }
  EXPECT_EQ(d.count<actions::start_attempt>(), 8U);  // the other address is the same peer
  EXPECT_EQ(d.count(notice::remote_refused), 8U);
  EXPECT_EQ(d.last(notice::remote_refused).why, cause::limit_reached);
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::limit_reached);
  EXPECT_EQ(d.last(notice::dial_failed).failures, 8U);
  EXPECT_EQ(d.counters().failed_total, 8U);
  EXPECT_EQ(d.counters().established_total, 0U);
  EXPECT_EQ(d.refused(cause::limit_reached), 0U);  // not by this node
  EXPECT_EQ(d.count(notice::circuit_opened), 0U);
  EXPECT_EQ(d.count(notice::backoff_started), 8U);
  EXPECT_EQ(d.counters().permits_live, 0U);
}

}  // namespace
}  // namespace tandem::test
