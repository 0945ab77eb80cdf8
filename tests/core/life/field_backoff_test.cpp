// SPDX-License-Identifier: MIT
// What broke in production with backoff and breakers (FIELD.md, section 2), each as a test.
#include "core/driver.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tandem::test {
namespace {

TEST(field, clients_that_fail_together_do_not_come_back_together_teleport_6889) {
  // One server restarts: 200 nodes, each with its own seed, fail at once, again and again.
  constexpr int nodes = 200;
  std::set<time_point> first;
  std::array<int, 10> in_tenth{};
  for (int i = 0; i < nodes; ++i) {
    driver d({}, peer(1000), static_cast<std::uint64_t>(i));
    d.dial(req(1), peer(1));
    d.fail();
    d.run_to(d.last(notice::dial_failed).until.time_since_epoch());
    d.dial(req(2), peer(1));
    d.fail();
    const time_point until = d.last(notice::dial_failed).until;
    first.insert(until);
    const duration delay = until - d.now;  // of a ceiling of 2 s
    ++in_tenth[std::min<std::size_t>(9, static_cast<std::size_t>(delay / 200ms))];
  }
  EXPECT_EQ(first.size(), static_cast<std::size_t>(nodes));
  for (const int n : in_tenth) {  // 20 expected, standard deviation 4.2
    EXPECT_GE(n, 20 - 17);
    EXPECT_LE(n, 20 + 17);
  }
}

TEST(field, inbound_reconnects_do_not_bypass_the_backoff_erigon_23605) {
  // A peer that breaks the handshake connects again as soon as it is cut: 101 times in 2 minutes.
  driver d;
  std::uint64_t connects = 0;
  while (d.now < at(120s)) {
    const connection_id c = conn(2 * ++connects);
    d.tell(events::arrived{c, address()});
    d.tell(events::authenticated{c, peer(1)});
    d.tell(events::closed{c, cause::protocol_error});
    d.run_for(1200ms);
  }
  EXPECT_EQ(connects, 100U);
  const std::uint64_t admitted = connects - d.refused(cause::backing_off);
  EXPECT_LE(admitted, 16U);  // ceilings 1, 2, 4, 8, 16, 32, 64 s; on average half of each
  EXPECT_GE(admitted, 6U);
  EXPECT_EQ(d.manager.explain(peer(1), d.now).failures, admitted);
  // What it is told when refused: until when.
  ASSERT_GT(d.count<actions::refuse>(), 0U);
  const actions::refuse said = *d.last<actions::refuse>();
  EXPECT_EQ(said.refusal, cause::backing_off);
  EXPECT_EQ(said.how, refuse_how::tell);
  EXPECT_GT(said.retry_after, 0s);
  EXPECT_LE(said.retry_after, 120s);
  EXPECT_EQ(d.when<actions::refuse>() + said.retry_after, d.last(notice::inbound_refused).until);
  // And we do not dial it either.
  d.dial(req(1), peer(1));
  EXPECT_NE(d.last(notice::dial_failed).why, cause::none);
  EXPECT_EQ(d.count<actions::start_attempt>(), 0U);
}

TEST(field, a_peer_that_merely_could_not_be_reached_is_welcome_erigon_23605) {
  driver d;
  d.dial(req(1), peer(1));
  d.fail(cause::connect_timeout);
  d.accept(conn(2), peer(1));
  EXPECT_EQ(d.counters().active_connections, 1U);
}

TEST(field, a_connection_that_died_idle_is_backed_off_from_freenet_3257) {
  driver d;
  d.accept(conn(2), peer(1));
  d.tell(events::stream_opened{conn(2)});  // in use, so that only liveness ends it
  d.run_to(120s);
  ASSERT_EQ(d.last(notice::connection_closed).why, cause::liveness_lost);
  const time_point died = d.when(notice::connection_closed);
  EXPECT_EQ(d.manager.explain(peer(1), d.now).failures, 1U);
  EXPECT_EQ(d.when(notice::backoff_started), died);
  EXPECT_EQ(d.last(notice::backoff_started).why, cause::liveness_lost);
  EXPECT_EQ(d.last(notice::backoff_started).ceiling, 1s);
  // It may come back by itself at once.
  d.accept(conn(4), peer(1));
  EXPECT_EQ(d.counters().active_connections, 1U);
}

TEST(field, a_dial_right_after_a_death_waits_freenet_3257) {
  manager_options options;
  options.backoff_strategy = backoff_strategy::exponential;
  driver d(options);
  d.accept(conn(2), peer(1));
  d.tell(events::closed{conn(2), cause::transport_timeout});
  d.dial(req(1), peer(1));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::backing_off);
  EXPECT_EQ(d.last(notice::dial_failed).until, at(1s));
  d.run_to(1s);
  d.dial(req(2), peer(1));
  EXPECT_EQ(d.count<actions::start_attempt>(), 1U);
}

TEST(field, recovers_after_the_own_link_was_down_go_libp2p_879) {
  // 20 peers connected, the link is down for 10 minutes, everybody is dialled again and again.
  driver d;
  for (std::uint32_t who = 1; who <= 20; ++who) {
    d.accept(conn(2 * who), peer(who));
    d.tell(events::stream_opened{conn(2 * who)});
  }
  std::uint64_t r = 0;
  while (d.now < at(10min)) {
    d.run_for(1s);
    for (std::uint32_t who = 1; who <= 20; ++who) {
      const std::size_t before = d.count<actions::start_attempt>();
      d.dial(req(++r), peer(who));
      if (d.count<actions::start_attempt>() > before) d.fail(cause::connect_timeout);
    }
  }
  EXPECT_EQ(d.counters().active_connections, 0U);
  EXPECT_EQ(d.counters().offline, 1U);
  // Once the link is back: the trial succeeds within uplink_retry, then all are dialled at once.
  const time_point back = d.now;
  d.run_for(5s);
  const actions::start_attempt trial = *d.last<actions::start_attempt>();
  EXPECT_GT(d.when<actions::start_attempt>(), back);
  d.connect(trial.peer);
  EXPECT_EQ(d.counters().offline, 0U);
  for (std::uint32_t who = 1; who <= 20; ++who) {
    if (peer(who) == trial.peer) continue;
    EXPECT_EQ(d.manager.explain(peer(who), d.now).failures, 0U) << who;
    d.dial(req(++r), peer(who));
    const auto attempt = d.last_attempt(peer(who));
    d.tell(events::attempt_connected{attempt});
    d.upgrade(attempt, peer(who));
  }
  EXPECT_EQ(d.counters().active_connections, 20U);
  EXPECT_LE(d.now, back + 5s);
}

TEST(field, failures_are_not_forgotten_before_the_peer_proved_itself_nim_libp2p_3022) {
  // A peer that accepts, becomes ready and drops the connection: attempts must thin out.
  driver d;
  std::uint64_t r = 0;
  int attempts = 0;
  while (d.now < at(10min)) {
    d.dial(req(++r), peer(1));
    if (d.last(notice::dial_failed).request != req(r)) {
      ++attempts;
      d.tell(events::attempt_connected{d.last<actions::start_attempt>()->attempt});
      d.upgrade(d.last<actions::start_attempt>()->attempt, peer(1));
      d.tell(events::closed{d.last<actions::start_attempt>()->attempt, cause::protocol_error});
    }
    d.run_for(1s);
  }
  EXPECT_LE(attempts, 30);
  EXPECT_GE(attempts, 5);
  EXPECT_GE(d.manager.explain(peer(1), d.now).failures, 5U);
}

TEST(field, only_a_stable_connection_clears_the_failures_nim_libp2p_3022) {
  for (const bool stable : {false, true}) {
    driver d;
    d.dial(req(1), peer(1));
    d.fail();
    d.run_for(1s);
    d.dial(req(2), peer(1));
    const connection_id c = d.connect(peer(1));
    d.tell(events::stream_opened{c});
    for (int i = 0; i < 6; ++i) d.run_for(9s), d.other_bytes(c);
    d.run_to(61s - (stable ? 0ns : 1ns));
    d.tell(events::closed{c, cause::remote_closed});
    EXPECT_EQ(d.manager.explain(peer(1), d.now).failures, stable ? 0U : 1U);
  }
}

TEST(field, an_operator_can_override_backoff_and_circuit_kubo_2456) {
  driver d;
  std::uint64_t r = 0;
  for (int i = 0; i < 6; ++i) {
    d.run_to(std::max(d.now, d.manager.explain(peer(1), d.now).next_dial).time_since_epoch());
    d.dial(req(++r), peer(1));
    d.fail();
  }
  d.dial(req(++r), peer(1));
  ASSERT_EQ(d.last(notice::dial_failed).why, cause::circuit_open);
  d.tell(events::backoff_overridden{peer(1)});
  d.dial(req(++r), peer(1));
  EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(1));
  EXPECT_EQ(d.count<actions::start_attempt>(), 7U);
  d.connect(peer(1));
  EXPECT_EQ(d.counters().active_connections, 1U);
}

TEST(field, the_breaker_does_not_count_its_own_refusals_envoy_25487) {
  // Limits, backoff and circuit refuse a thousand dials: nobody's circuit opens, or stays open, for
  // it.
  manager_options options;
  options.max_connections = options.max_connections_per_peer = 1;
  driver d(options);
  d.accept(conn(2), peer(9));
  for (std::uint64_t r = 1; r <= 1000; ++r) d.dial(req(r), peer(1));
  EXPECT_EQ(d.refused(cause::limit_reached), 1000U);
  EXPECT_EQ(d.count(notice::circuit_opened), 0U);
  EXPECT_EQ(d.manager.explain(peer(1), d.now).failures, 0U);
  d.tell(events::closed{conn(2), cause::remote_closed});

  std::uint64_t r = 1000;
  for (int i = 0; i < 5; ++i) {
    d.run_to(std::max(d.now, d.manager.explain(peer(1), d.now).next_dial).time_since_epoch());
    d.dial(req(++r), peer(1));
    d.fail();
  }
  ASSERT_EQ(d.count(notice::circuit_opened), 1U);
  const time_point opened = d.when(notice::circuit_opened);
  for (int i = 0; i < 1000; ++i) d.dial(req(++r), peer(1));
  EXPECT_EQ(d.refused(cause::circuit_open), 1000U);
  EXPECT_EQ(d.manager.explain(peer(1), d.now).failures, 5U);
  d.run_to((opened + 30s).time_since_epoch());
  d.dial(req(++r), peer(1));
  d.connect(peer(1));
  EXPECT_EQ(d.manager.explain(peer(1), d.now).circuit, circuit_state::closed);
}

TEST(field, a_peer_we_refuse_is_not_blamed_for_it_envoy_25487) {
  manager_options options;
  options.max_connections = options.max_connections_per_peer = 1;
  driver d(options);
  d.accept(conn(2), peer(9));
  for (std::uint64_t i = 2; i <= 50; ++i) {
    d.tell(events::arrived{conn(2 * i), address()});
    d.tell(events::authenticated{conn(2 * i), peer(1)});
    d.tell(events::closed{conn(2 * i), cause::reset});
  }
  EXPECT_EQ(d.refused(cause::limit_reached), 49U);
  EXPECT_EQ(d.counters().remembered_peers, 0U);
}

TEST(field, a_peer_that_says_it_is_full_never_opens_its_circuit_envoy_25487) {
  driver d;
  std::uint64_t r = 0;
  for (int i = 0; i < 20; ++i) {
    d.run_to(std::max(d.now, d.manager.explain(peer(1), d.now).next_dial).time_since_epoch());
    d.dial(req(++r), peer(1));
    const connection_id c = d.last<actions::start_attempt>()->attempt;
    d.tell(events::attempt_connected{c});
    d.tell(events::authenticated{c, peer(1)});
    d.tell(events::remote_refused{c, cause::limit_reached, 0s});
    d.tell(events::closed{c, cause::limit_reached});
  }
  EXPECT_EQ(d.count<actions::start_attempt>(), 20U);
  EXPECT_EQ(d.count(notice::circuit_opened), 0U);
}

}  // namespace
}  // namespace tandem::test
