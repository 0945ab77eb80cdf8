// SPDX-License-Identifier: MIT
#include "core/policy/uplink_support.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

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

manager_options patient() {
  manager_options options;
  options.connection_timeout = 10h;
  options.liveness_interval = 1h;
  options.liveness_timeout = 10s;
  options.liveness_misses = 3;
  return options;
}

/// Two peers, connected at the start, and another network a minute later.
struct other_network : driver {
  other_network() : driver(patient()) {
    accept(conn(2), peer(1));
    accept(conn(4), peer(2));
    run_to(60s);
    tell(events::network_changed{});
  }
  std::size_t lost() const { return count(notice::connection_closed); }
};

TEST(network_changed, probes_each_connection_at_once_and_those_that_do_not_answer_are_lost) {
  other_network d;
  EXPECT_EQ(d.count<actions::probe>(), 2U);
  EXPECT_EQ(d.when<actions::probe>(), at(60s));
  d.run_to(61s);
  d.tell(events::probe_answered{conn(2), 1});
  d.run_to(70s - 1ns);
  EXPECT_EQ(d.lost(), 0U);
  d.run_to(3600s);
  EXPECT_EQ(d.lost(), 1U);
  EXPECT_EQ(d.when(notice::connection_closed), at(70s));
  const notification told = d.last(notice::connection_closed);
  EXPECT_EQ(told.conn, conn(4));
  EXPECT_EQ(told.why, cause::liveness_lost);
  EXPECT_EQ(told.failures, 1U);
  EXPECT_EQ(told.ceiling, 10s);
}

TEST(network_changed, leaves_who_answered_all_its_probes_the_next_time) {
  other_network d;
  d.tell(events::probe_answered{conn(2), 1});
  d.tell(events::probe_answered{conn(4), 1});
  d.run_to(3660s + 30s - 1ns);
  EXPECT_EQ(d.count<actions::probe>(), 2U + 2 * 3U);
  EXPECT_EQ(d.lost(), 0U);
  d.run_to(3660s + 30s);
  EXPECT_EQ(d.lost(), 2U);
  EXPECT_EQ(d.last(notice::connection_closed).failures, 3U);
}

TEST(network_changed, takes_nothing_that_had_come_before_for_a_sign_of_life) {
  other_network d;
  d.run_to(61s - 1ns);
  d.other_bytes(conn(2));  // read late
  d.tell(events::probe_answered{conn(4), 0});
  d.run_to(70s);
  EXPECT_EQ(d.lost(), 2U);
}

TEST(network_changed, takes_what_comes_later_for_a_sign_of_life_with_or_without_an_answer) {
  other_network d;
  d.run_to(61s);
  d.other_bytes(conn(2));
  d.app_bytes(conn(4));
  d.run_to(3600s);
  EXPECT_EQ(d.lost(), 0U);
}

TEST(network_changed, knows_an_answer_though_its_peer_was_asked_again) {
  manager_options options = patient();
  options.max_connections_per_peer = 1;
  driver d(options);
  d.accept(conn(2), peer(1));
  d.run_to(60s);
  d.tell(events::network_changed{});
  d.tell(events::arrived{conn(4), address()});
  d.tell(events::authenticated{conn(4), peer(1)});
  EXPECT_EQ(d.last<actions::probe>()->nonce, 2U);
  d.tell(events::probe_answered{conn(2), 1});
  d.run_to(3600s);
  EXPECT_EQ(d.count(notice::connection_closed), 0U);
}

TEST(network_changed, that_comes_again_and_again_asks_once_a_second) {
  other_network d;
  for (int i = 0; i < 150; ++i) {
    d.run_for(10ms);
    d.tell(events::network_changed{});
  }
  EXPECT_EQ(d.now, at(61'500ms));
  EXPECT_EQ(d.count<actions::probe>(), 2U * 2);
  EXPECT_EQ(d.when<actions::probe>(), at(61s));
  d.tell(events::probe_answered{conn(2), 2});
  d.run_to(71s - 1ns);
  EXPECT_EQ(d.lost(), 0U);
  d.run_to(71s);
  EXPECT_EQ(d.lost(), 1U);
  EXPECT_EQ(d.last(notice::connection_closed).conn, conn(4));
}

TEST(network_changed, asks_once_more_whoever_was_being_asked) {
  driver d(patient());
  d.accept(conn(2), peer(1));
  d.run_to(3600s + 9s);
  EXPECT_EQ(d.when<actions::probe>(), at(3600s));
  d.tell(events::network_changed{});
  d.run_to(3600s + 19s - 1ns);
  EXPECT_EQ(d.count(notice::connection_closed), 0U);
  d.run_to(3600s + 19s);
  EXPECT_EQ(d.count(notice::connection_closed), 1U);
}

TEST(network_changed, believes_no_round_trip_that_began_before) {
  other_network d;
  d.run_to(61s);
  d.tell(events::rtt_sampled{conn(2), 1s + 1ns});
  EXPECT_EQ(d.manager.explain(conn(2), d.now).srtt, 0s);
  d.tell(events::rtt_sampled{conn(2), 1s});
  EXPECT_EQ(d.manager.explain(conn(2), d.now).srtt, 1s);
}

TEST(network_changed, gives_a_distant_peer_the_time_of_its_answer) {
  driver d(patient());
  d.accept(conn(2), peer(1));
  d.tell(events::rtt_sampled{conn(2), 2s});  // 2 s + 4 * 1 s, seven times
  d.run_to(60s);
  d.tell(events::network_changed{});
  d.run_to(102s - 1ns);
  EXPECT_EQ(d.count(notice::connection_closed), 0U);
  d.run_to(102s);
  EXPECT_EQ(d.last(notice::connection_closed).ceiling, 42s);
}

TEST(network_changed, counts_what_the_peers_transport_acknowledged_since) {
  other_network d;
  d.tell(events::traffic{conn(2), 10, 0, 10, {}, d.now});
  d.tell(events::traffic{conn(4), 10, 0, 10, {}, d.now});
  d.acknowledged = at(60s - 1ns);
  d.run_to(70s);
  EXPECT_EQ(d.lost(), 2U);
  other_network other;
  other.tell(events::traffic{conn(2), 10, 0, 10, {}, other.now});
  other.acknowledged = at(60s);
  other.more = false;
  other.run_to(75s);
  EXPECT_EQ(other.last(notice::connection_closed).conn, conn(4));
  EXPECT_EQ(other.lost(), 1U);
}

}  // namespace
}  // namespace tandem::test
