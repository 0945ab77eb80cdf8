// SPDX-License-Identifier: MIT
// Those who wait for the place of somebody evicted for them, and what becomes of those.
#include "core/full_node.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

TEST(newcomer, that_dies_while_it_waits_leaves_the_place_to_the_next) {
  full_node d;
  d.come(conn(100), peer(50));
  d.tell(events::closed{conn(100), cause::reset});
  EXPECT_EQ(d.counters().pending_inbound, 0U);
  EXPECT_EQ(d.counters().permits_live, 4U);
  d.expect_over(conn(100));
  d.close_of(conn(8));
  EXPECT_EQ(d.counters().permits_live, 3U);
  d.come(conn(102), peer(51));
  EXPECT_TRUE(d.admitted(conn(102)));
  d.expect_conserved();
}

TEST(newcomer, takes_any_place_that_becomes_free_first) {
  full_node d;
  d.come(conn(100), peer(50));
  d.close_of(conn(2));  // not the victim
  EXPECT_TRUE(d.admitted(conn(100)));
  EXPECT_EQ(d.counters().permits_live, 4U);
  d.close_of(conn(8));
  EXPECT_EQ(d.counters().permits_live, 3U);
  d.expect_conserved();
}

TEST(newcomer, is_served_when_the_victim_ends_by_itself) {
  full_node d;
  d.come(conn(100), peer(50));
  d.tell(events::remote_refused{conn(8), cause::requested});
  d.tell(events::closed{conn(8), cause::reset});
  EXPECT_TRUE(d.admitted(conn(100)));
  EXPECT_EQ(d.last(notice::connection_closed).why, cause::evicted);
  d.expect_over(conn(8));
}

TEST(newcomer, waits_no_longer_than_its_handshake_may_take) {
  manager_options options = scored();
  options.close_linger = 60s;
  full_node d(options);
  d.tell(events::arrived{conn(100), address()});
  d.run_to(105s);
  d.tell(events::authenticated{conn(100), peer(50)});
  d.run_to(115s - 1ns);
  EXPECT_EQ(d.count<actions::refuse>(), 0U);
  d.run_to(115s);
  EXPECT_EQ(d.when<actions::refuse>(), at(115s));
  EXPECT_EQ(d.last<actions::refuse>()->refusal, cause::limit_reached);
  EXPECT_EQ(d.last<actions::refuse>()->how, refuse_how::tell);
  EXPECT_EQ(describe(d.last(notice::inbound_refused)), "LimitReached{limit: 4, current: 4}");
  EXPECT_EQ(d.counters().failed_total, 0U);  // not the newcomer's fault
  d.close_of(conn(8));
  EXPECT_FALSE(d.admitted(conn(100)));
  EXPECT_EQ(d.counters().permits_live, 3U);
  d.tell(events::closed{conn(100), cause::remote_closed});
  EXPECT_EQ(d.manager.explain(peer(50), d.now).failures, 0U);
}

TEST(newcomers, are_served_first_come_first_whichever_victim_goes_first) {
  full_node d;
  d.answers = false;
  d.come(conn(100), peer(50));
  d.run_to(101s);  // also aborts the first victim, without an answer yet
  d.come(conn(102), peer(51));
  ASSERT_EQ(d.closes(), (ids{conn(8), conn(6)}));
  d.close_of(conn(6));
  EXPECT_TRUE(d.admitted(conn(100)));
  EXPECT_FALSE(d.admitted(conn(102)));
  EXPECT_EQ(d.counters().permits_live, 4U);
  d.close_of(conn(8));
  EXPECT_TRUE(d.admitted(conn(102)));
  d.expect_conserved();
}

TEST(newcomers, of_one_peer_wait_one_at_a_time) {
  full_node d;
  d.answers = false;
  d.come(conn(100), peer(50));
  d.run_to(102s);
  d.come(conn(102), peer(50));
  EXPECT_EQ(d.refused(cause::limit_reached), 1U);
  EXPECT_EQ(d.counters().evicted_total, 1U);
}

TEST(newcomers, that_wait_are_no_more_than_the_sample) {
  manager_options options = scored();
  options.eviction_sample = 2;
  options.close_linger = 60s;
  options.eviction_interval = 1ms;
  full_node d(options);
  for (std::uint32_t i = 0; i < 3; ++i) {
    d.come(conn(100 + 2 * i), peer(50 + i));
    d.run_for(10ms);
  }
  EXPECT_EQ(d.counters().evicted_total, 2U);
  EXPECT_EQ(d.refused(cause::limit_reached), 1U);
}

TEST(newcomer, is_refused_when_the_limit_was_lowered_meanwhile) {
  manager_options options = scored();
  full_node d(options);
  d.answers = false;
  d.come(conn(100), peer(50));
  options.max_connections = 3;
  d.tell(events::configured{options});
  EXPECT_EQ(d.count<actions::refuse>(), 0U);
  d.close_of(conn(8));
  EXPECT_EQ(d.last<actions::refuse>()->conn, conn(100));
  EXPECT_EQ(d.last<actions::refuse>()->refusal, cause::limit_reached);
  EXPECT_FALSE(d.admitted(conn(100)));
}

TEST(newcomer, is_served_when_the_limit_was_raised_meanwhile) {
  manager_options options = scored();
  full_node d(options);
  d.answers = false;
  d.come(conn(100), peer(50));
  options.max_connections = 5;
  d.tell(events::configured{options});
  EXPECT_TRUE(d.admitted(conn(100)));
  EXPECT_EQ(d.counters().permits_live, 5U);
}

TEST(newcomer, that_waits_at_shutdown_is_aborted_and_never_admitted) {
  full_node d;
  d.answers = false;
  d.come(conn(100), peer(50));
  d.tell(events::shutdown_wanted{});
  EXPECT_EQ(d.last<actions::abort>()->conn, conn(100));
  EXPECT_EQ(d.last<actions::abort>()->reason, cause::shutting_down);
  d.close_of(conn(8));
  EXPECT_FALSE(d.admitted(conn(100)));
  d.tell(events::closed{conn(100), cause::aborted});
  for (const std::uint64_t n : {2, 4, 6}) d.close_of(conn(n));
  EXPECT_EQ(d.count<actions::shutdown_complete>(), 1U);
  EXPECT_EQ(d.counters().permits_live, 0U);
  EXPECT_EQ(d.manager.next_deadline(), never);
}

TEST(newcomer, that_was_dialled_waits_like_any_other_and_ends_with_its_dial) {
  full_node d(scored(2));
  d.close_of(conn(4));
  d.dial(req(1), peer(50));
  d.dial(req(2), peer(51));
  d.accept(conn(100), peer(60));  // full again, while the dials are under way
  d.tell(events::attempt_connected{conn(1)});
  d.tell(events::authenticated{conn(1), peer(50)});
  EXPECT_EQ(d.counters().evicted_total, 1U);
  EXPECT_EQ(d.counters().pending_outbound, 2U);
  const connection_id victim = d.closes()[0];
  d.tell(events::dial_abandoned{req(1)});
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::abandoned);
  EXPECT_EQ(d.last<actions::abort>()->conn, conn(1));
  EXPECT_EQ(d.counters().pending_outbound, 1U);
  d.run_to(101s);  // the victim is aborted
  EXPECT_FALSE(d.admitted(conn(1)));
  d.expect_over(victim);
  d.tell(events::attempt_connected{conn(3)});
  d.upgrade(conn(3), peer(51));
  EXPECT_EQ(d.last(notice::dial_succeeded).request, req(2));
  d.expect_conserved();
}

TEST(newcomer, that_was_dialled_succeeds_once_the_victim_is_gone) {
  full_node d(scored(2));
  d.close_of(conn(4));
  d.dial(req(1), peer(50));
  d.accept(conn(100), peer(60));
  d.tell(events::attempt_connected{conn(1)});
  d.tell(events::authenticated{conn(1), peer(50)});
  d.close_of(d.closes()[0]);
  EXPECT_TRUE(d.admitted(conn(1)));
  d.tell(events::ready{conn(1)});
  EXPECT_EQ(d.count(notice::dial_succeeded), 1U);
  EXPECT_EQ(d.counters().permits_live, 2U);
}

/// A node whose peer id is below all others, with one dial (attempt 1, request 1) under way to peer
/// 50 while it is full.
struct simultaneous_open_node : full_node {
  simultaneous_open_node() : full_node(scored(2), 1, peer(0)) {
    close_of(conn(4));
    dial(req(1), peer(50));
    accept(conn(100), peer(60));
    tell(events::attempt_connected{conn(1)});
  }
  void expect_that_only(connection_id c) {
    ASSERT_EQ(closes().size(), 1U);
    EXPECT_EQ(last<actions::abort>()->conn, conn(1));
    EXPECT_EQ(last<actions::abort>()->reason, cause::duplicate);
    EXPECT_EQ(count(notice::dial_failed), 0U);
    EXPECT_FALSE(admitted(c));
    close_of(closes()[0]);
    EXPECT_TRUE(admitted(c));
    tell(events::ready{c});
    EXPECT_EQ(last(notice::dial_succeeded).request, req(1));
    EXPECT_EQ(last(notice::dial_succeeded).conn, c);
    EXPECT_EQ(counters().evicted_total, 1U);
    EXPECT_EQ(manager.explain(peer(50), now).connections, 1U);
    EXPECT_EQ(counters().pending_outbound + counters().pending_inbound, 0U);
    expect_conserved();
  }
};

TEST(newcomer, that_crosses_our_waiting_dial_takes_its_turn) {
  simultaneous_open_node d;
  d.tell(events::authenticated{conn(1), peer(50)});
  ASSERT_EQ(d.counters().evicted_total, 1U);
  d.come(conn(102), peer(50));
  d.expect_that_only(conn(102));
}

TEST(newcomer, that_crosses_our_dial_under_way_is_what_the_dial_waits_for) {
  simultaneous_open_node d;
  d.come(conn(102), peer(50));
  ASSERT_EQ(d.counters().evicted_total, 1U);
  d.expect_that_only(conn(102));
}

TEST(newcomer, that_waits_is_what_a_new_dial_of_its_peer_joins) {
  full_node d;
  d.come(conn(100), peer(50));
  d.dial(req(1), peer(50));
  EXPECT_EQ(d.count<actions::start_attempt>(), 0U);
  EXPECT_EQ(d.count(notice::dial_failed), 0U);
  d.close_of(conn(8));
  d.tell(events::ready{conn(100)});
  EXPECT_EQ(d.last(notice::dial_succeeded).request, req(1));
}

TEST(newcomer, loses_to_our_waiting_dial_when_our_peer_id_is_greater) {
  full_node d(scored(2));
  d.close_of(conn(4));
  d.dial(req(1), peer(50));
  d.accept(conn(100), peer(60));
  d.tell(events::attempt_connected{conn(1)});
  d.tell(events::authenticated{conn(1), peer(50)});
  d.come(conn(102), peer(50));
  EXPECT_EQ(d.last<actions::refuse>()->refusal, cause::duplicate);
  d.close_of(d.closes()[0]);
  EXPECT_TRUE(d.admitted(conn(1)));
}

TEST(evicted, peers_stay_away_until_the_penalty_ends_in_both_directions) {
  full_node d;
  d.come(conn(100), peer(50));
  d.close_of(conn(8));
  d.tell(events::ready{conn(100)});
  d.close_of(conn(2));  // there is room
  d.run_to(160s - 1ns);
  d.come(conn(102), peer(4));
  EXPECT_EQ(d.refused(cause::backing_off), 1U);
  EXPECT_EQ(d.last<actions::refuse>()->refusal, cause::backing_off);
  EXPECT_EQ(d.last<actions::refuse>()->retry_after, 1ns);
  EXPECT_EQ(d.last(notice::inbound_refused).until, at(160s));
  d.dial(req(1), peer(4));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::backing_off);
  EXPECT_EQ(d.last(notice::dial_failed).until, at(160s));
  d.run_to(160s);
  d.accept(conn(104), peer(4));
  EXPECT_EQ(d.counters().active_connections, 4U);
}

TEST(evicted, peers_may_come_back_at_once_when_the_operator_says_so) {
  full_node d;
  d.come(conn(100), peer(50));
  d.close_of(conn(8));
  d.close_of(conn(2));
  d.tell(events::backoff_overridden{peer(4)});
  d.accept(conn(102), peer(4));
  EXPECT_EQ(d.counters().active_connections, 3U);  // and the newcomer is not ready yet
  EXPECT_EQ(d.refused(cause::backing_off), 0U);
}

TEST(evicted, peers_keep_their_penalty_though_the_connection_had_proved_itself) {
  full_node d;
  d.run_to(1000s);  // longer than backoff_reset_after
  d.come(conn(100), peer(50));
  d.close_of(conn(8));
  d.come(conn(102), peer(4));
  EXPECT_EQ(d.refused(cause::backing_off), 1U);
}

}  // namespace
}  // namespace tandem::test
