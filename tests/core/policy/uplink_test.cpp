// SPDX-License-Identifier: MIT
#include "core/policy/uplink.hpp"

#include "core/driver.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tandem::test {
namespace {

manager_options exponential() {
  manager_options options;
  options.backoff_strategy = backoff_strategy::exponential;
  return options;
}

/// Peers first..last fail to answer, one after another.
void silence(driver& d, std::uint32_t first, std::uint32_t last,
             cause why = cause::connect_timeout) {
  for (std::uint32_t who = first; who <= last; ++who) {
    d.dial(req(who), peer(who), {address(static_cast<std::uint16_t>(who))});
    d.fail(why);
  }
}

/// How many of the peers up to `last` something is held against.
std::size_t blamed(driver& d, std::uint32_t last) {
  std::size_t n = 0;
  for (std::uint32_t who = 1; who <= last; ++who)
    n += d.manager.explain(peer(who), d.now).failures > 0;
  return n;
}

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
  d.run_to(20s);
  d.dial(req(2), peer(1), {address(1)});
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
  d.tell(events::dial_abandoned{req(4)});
  d.run_to(11s);  // what the peer did is forgotten, the address was silent later
  d.dial(req(5), peer(1), {address(3)});
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

TEST(network_changed, ends_being_offline) {
  driver d(exponential());
  silence(d, 1, 8);
  d.tell(events::network_changed{});
  EXPECT_EQ(d.counters().offline, 0U);
  EXPECT_EQ(d.count(notice::uplink_restored), 1U);
  d.dial(req(100), peer(1));
  EXPECT_EQ(d.count<actions::start_attempt>(), 9U);
}

TEST(network_changed, lets_whoever_did_not_answer_be_dialled_at_once_and_forgets_nothing) {
  driver d(exponential());
  silence(d, 1, 1);
  d.dial(req(2), peer(2));
  d.tell(events::attempt_connected{conn(3)});
  d.tell(events::closed{conn(3), cause::handshake_failed});
  d.dial(req(3), {}, {address(3)});
  d.fail(cause::connect_timeout);
  d.tell(events::network_changed{});
  EXPECT_EQ(d.count(notice::uplink_restored), 0U);
  d.dial(req(4), peer(2));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::backing_off);
  d.dial(req(5), peer(1));
  EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(1));
  d.fail(cause::connect_timeout);
  EXPECT_EQ(d.last(notice::backoff_started).failures, 2U);
  d.dial(req(6), {}, {address(3)});
  EXPECT_EQ(d.last<actions::start_attempt>()->address, address(3));
}

TEST(network_changed, leaves_no_record_in_which_only_a_delay_was_left) {
  manager_options options = exponential();
  options.backoff_base = options.backoff_cap = 30s;
  options.backoff_refund = 1s;
  driver d(options);
  silence(d, 1, 1);
  d.run_to(2s);
  EXPECT_EQ(d.counters().remembered_peers, 1U);
  d.tell(events::network_changed{});
  EXPECT_EQ(d.counters().remembered_peers, 0U);
}

TEST(network_changed, makes_the_next_dial_of_an_open_circuit_a_trial) {
  manager_options options = exponential();
  options.breaker_failures = 1;
  driver d(options);
  silence(d, 1, 1);
  EXPECT_EQ(d.manager.explain(peer(1), d.now).circuit, circuit_state::open);
  d.tell(events::network_changed{});
  d.dial(req(2), peer(1));
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
  EXPECT_EQ(d.count(notice::circuit_half_opened), 1U);
}

}  // namespace
}  // namespace tandem::test
