// SPDX-License-Identifier: MIT
#include "core/policy/uplink_support.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

TEST(uplink, eight_peers_in_a_row_without_a_sign_of_life_and_nobody_is_blamed) {
  driver d(exponential());
  silence(d, 1, 7);
  EXPECT_EQ(d.counters().offline, 0U);
  EXPECT_EQ(d.counters().remembered_peers, 7U);
  EXPECT_EQ(d.counters().remembered_addresses, 7U);
  silence(d, 8, 8);
  EXPECT_EQ(d.counters().offline, 1U);
  ASSERT_EQ(d.count(notice::uplink_lost), 1U);
  EXPECT_EQ(d.last(notice::uplink_lost).failures, 8U);
  EXPECT_GE(d.last(notice::uplink_lost).until, at(2500ms));
  EXPECT_LE(d.last(notice::uplink_lost).until, at(5s));
  EXPECT_EQ(d.last(notice::dial_failed).until, d.last(notice::uplink_lost).until);
  EXPECT_EQ(d.count(notice::backoff_started), 7U);
  EXPECT_EQ(blamed(d, 8), 0U);
}

TEST(uplink, the_same_peer_failing_again_is_one_suspect) {
  driver d(exponential());
  silence(d, 1, 7);
  for (int i = 0; i < 3; ++i) {
    d.run_for(20s);
    silence(d, 1, 1);
  }
  EXPECT_EQ(d.counters().offline, 0U);
  silence(d, 8, 8);
  EXPECT_EQ(d.counters().offline, 1U);
  EXPECT_EQ(blamed(d, 8), 0U);  // all four of the first are taken back
}

TEST(uplink, what_was_held_against_a_peer_before_stays) {
  driver d(exponential());
  d.dial(req(100), peer(1));
  d.fail(cause::handshake_failed);
  d.run_to(10s);
  silence(d, 1, 8);
  EXPECT_EQ(d.counters().offline, 1U);
  EXPECT_EQ(d.manager.explain(peer(1), d.now).failures, 1U);
  EXPECT_EQ(blamed(d, 8), 1U);
}

TEST(uplink, what_was_held_against_an_address_before_the_last_sign_of_life_stays) {
  driver d(exponential());
  d.accept(conn(2), peer(50));
  silence(d, 1, 1);
  d.run_to(5s);
  d.other_bytes(conn(2));
  d.run_to(6s);
  silence(d, 2, 9);
  EXPECT_EQ(d.counters().offline, 1U);
  EXPECT_EQ(blamed(d, 9), 1U);
}

TEST(uplink, any_sign_of_life_makes_the_count_begin_anew) {
  const std::vector<void (*)(driver&)> signs{
      [](driver& d) {
        d.tell(events::arrived{conn(200), address()});
      },
      [](driver& d) {
        d.dial(req(100), peer(100));
        d.tell(events::attempt_connected{d.last<actions::start_attempt>()->attempt});
      },
      [](driver& d) { d.other_bytes(conn(2)); },
      [](driver& d) {
        d.tell(events::probe_answered{conn(2), 1});
      },
      [](driver& d) {
        d.dial(req(100), peer(100));
        d.fail(cause::connection_refused);  // an answer
      }};
  for (std::size_t i = 0; i < signs.size(); ++i) {
    driver d(exponential());
    d.accept(conn(2), peer(50));
    silence(d, 1, 7);
    signs[i](d);
    silence(d, 8, 14);
    EXPECT_EQ(d.counters().offline, 0U) << i;
    silence(d, 15, 15);
    EXPECT_EQ(d.counters().offline, 1U) << i;
    EXPECT_EQ(d.manager.explain(peer(1), d.now).failures, 1U) << i;  // before the sign
    EXPECT_EQ(d.manager.explain(peer(8), d.now).failures, 0U) << i;
  }
}

TEST(uplink, works_when_something_came_while_the_silent_ones_were_tried) {
  for (const bool alive : {true, false}) {
    driver d(exponential());
    d.accept(conn(2), peer(50));
    d.run_to(5s);
    for (std::uint32_t who = 1; who <= 8; ++who) d.dial(req(who), peer(who));
    for (std::uint16_t port = 1; port <= 8; ++port) d.dial(req(100 + port), {}, {address(port)});
    d.run_to(20s - 1ns);
    if (alive) d.other_bytes(conn(2));
    d.run_to(20s);  // all at once
    EXPECT_EQ(d.counters().offline, alive ? 0U : 1U);
    EXPECT_EQ(blamed(d, 8), alive ? 8U : 0U);
  }
}

TEST(uplink, a_dial_is_a_suspect_by_its_last_attempt) {
  driver d(exponential());
  d.accept(conn(2), peer(50));
  for (std::uint32_t who = 1; who <= 8; ++who)
    d.dial(req(who), peer(who), {address(1), address(2)});
  d.run_to(100ms);
  d.other_bytes(conn(2));  // after the first attempts began, before the second ones do
  d.run_to(15'250ms - 1ns);
  EXPECT_EQ(d.counters().offline, 0U);
  d.run_to(15'250ms);
  EXPECT_EQ(d.counters().offline, 1U);
}

TEST(uplink, lost_connections_are_suspects_though_others_heard_something_later_than_they) {
  // The cable is pulled at 9 s; each heard something within the probing interval before.
  for (const bool alive : {false, true}) {
    driver d(exponential());
    for (std::uint32_t who = 1; who <= 8; ++who) {
      d.run_to(1s * who);
      d.accept(conn(2 * who), peer(who));
      d.tell(events::stream_opened{conn(2 * who)});
    }
    d.accept(conn(100), peer(50));
    d.tell(events::stream_opened{conn(100)});
    d.run_to(30s);
    if (alive) d.other_bytes(conn(100));  // the eight left probes unanswered since 11 to 18 s
    d.run_to(48s - 1ns);
    EXPECT_EQ(d.counters().offline, 0U);
    d.run_to(48s);
    EXPECT_EQ(d.counters().offline, alive ? 0U : 1U);
  }
}

TEST(uplink, a_byte_counts_from_when_it_came_not_from_when_the_core_heard_of_it) {
  driver d(exponential());
  for (std::uint32_t who = 1; who <= 8; ++who) d.accept(conn(2 * who), peer(who));
  d.run_to(2s);
  for (std::uint32_t who = 1; who <= 8; ++who)
    d.tell(events::traffic{conn(2 * who), 0, 1, 0, at(1s), {}});
  for (std::uint32_t who = 1; who <= 8; ++who)
    d.tell(events::closed{conn(2 * who), cause::transport_timeout});
  EXPECT_EQ(d.counters().offline, 1U);
}

TEST(uplink, refusals_handshakes_local_faults_and_short_deadlines_are_no_suspects) {
  driver d(exponential());
  silence(d, 1, 20, cause::connection_refused);
  for (std::uint32_t who = 21; who <= 40; ++who) {
    d.dial(req(who), peer(who));
    d.fail(cause::unreachable, true);
    d.dial(req(who + 100), peer(who), {address()}, dial_mode::join, d.now + 1ms);
    d.run_for(1ms);
  }
  EXPECT_EQ(d.counters().offline, 0U);
}

TEST(uplink, what_a_peer_acknowledged_is_a_sign_of_life_when_it_is_news) {
  driver d(exponential());
  d.accept(conn(2), peer(100));
  d.run_for(10s);
  d.tell(events::traffic{conn(2), 100, 1, 100, d.now, d.now});
  silence(d, 1, 8);
  ASSERT_EQ(d.counters().offline, 1U);
  d.run_for(1s);
  d.tell(events::progressed{conn(2), at(10s), true});
  EXPECT_EQ(d.counters().offline, 1U);
  d.tell(events::progressed{conn(2), at(11s), true});
  EXPECT_EQ(d.counters().offline, 0U);
  EXPECT_EQ(d.count(notice::uplink_restored), 1U);
}

TEST(uplink, a_refusal_is_a_sign_of_life_and_blamed) {
  driver d(exponential());
  silence(d, 1, 8);
  d.dial(req(100), peer(100), {address(100)});
  d.fail(cause::connection_refused);  // an answer: online, and the peer is blamed
  EXPECT_EQ(d.counters().offline, 0U);
  EXPECT_EQ(d.manager.explain(peer(100), d.now).failures, 1U);
}

TEST(uplink, connections_lost_one_after_another_are_suspects_too) {
  driver d(exponential());
  for (std::uint32_t who = 1; who <= 8; ++who) d.accept(conn(2 * who), peer(who));
  for (std::uint32_t who = 1; who <= 8; ++who) {
    EXPECT_EQ(d.counters().offline, 0U);
    d.tell(events::closed{conn(2 * who), cause::transport_timeout});
  }
  EXPECT_EQ(d.counters().offline, 1U);
  EXPECT_EQ(blamed(d, 8), 0U);
}

TEST(uplink, addresses_without_a_peer_are_suspects_by_address) {
  driver d(exponential());
  for (std::uint16_t port = 1; port <= 7; ++port) {
    d.dial(req(port), {}, {address(port)});
    d.fail(cause::connect_timeout);
  }
  d.run_for(1s);
  d.dial(req(20), {}, {address(1)});
  d.fail(cause::connect_timeout);
  EXPECT_EQ(d.counters().offline, 0U);
  d.dial(req(21), {}, {address(8)});
  d.fail(cause::connect_timeout);
  EXPECT_EQ(d.counters().offline, 1U);
  d.dial(req(22), {}, {address(1)});
  EXPECT_EQ(d.count<actions::start_attempt>(), 9U) << "it waits, and is not refused as backing off";
  EXPECT_EQ(d.count(notice::dial_failed), 9U);
  d.dial(req(23), {}, {address(9)});
  EXPECT_EQ(d.count<actions::start_attempt>(), 10U);
}

TEST(uplink, stays_lost_when_the_backoff_of_a_peer_is_overridden) {
  driver d(exponential());
  d.dial(req(100), peer(1));
  d.fail(cause::handshake_failed);
  d.run_to(10s);
  silence(d, 1, 8);
  ASSERT_EQ(d.counters().offline, 1U);
  d.tell(events::backoff_overridden{peer(1)});
  d.dial(req(101), peer(1), {address(1)});
  EXPECT_EQ(d.manager.explain(peer(1), d.now).held_by, cause::offline);
  EXPECT_EQ(d.count<actions::start_attempt>(), 9U);
}

TEST(uplink, is_never_doubted_when_told_not_to_be) {
  manager_options options = exponential();
  options.uplink_failures = 0;
  driver d(options);
  silence(d, 1, 100);
  EXPECT_EQ(d.counters().offline, 0U);
  EXPECT_EQ(d.counters().remembered_peers, 100U);

  driver other(exponential());
  silence(other, 1, 8);
  other.tell(events::configured{options});
  EXPECT_EQ(other.counters().offline, 0U);
  EXPECT_EQ(other.count(notice::uplink_restored), 1U);
}

}  // namespace
}  // namespace tandem::test
