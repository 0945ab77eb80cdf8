// SPDX-License-Identifier: MIT
// A peer that comes again while its own connections, dead perhaps, take its places.
#include "core/full_node.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

manager_options each_has(std::uint64_t limit) {
  manager_options options;
  options.max_connections_per_peer = limit;
  options.connection_timeout = options.liveness_interval = 24h;
  return options;
}

/// A node with ready connections 2, 4, ... of peer 1 over `round_trip` (negative: not measured).
struct node_of_one : driver {
  explicit node_of_one(const manager_options& options, duration round_trip = 20ms,
                       std::uint64_t connections = 1)
      : driver(options) {
    for (std::uint64_t i = 1; i <= connections; ++i) {
      accept(conn(2 * i), peer(1));
      if (round_trip < 0s) continue;
      for (int n = 0; n < 30; ++n) tell(events::rtt_sampled{conn(2 * i), round_trip});
    }
    run_to(100s);
  }
  void come(connection_id c, const peer_id& who = peer(1), duration handshake = {},
            const endpoint& from = address()) {
    tell(events::arrived{c, from});
    run_for(handshake);
    tell(events::authenticated{c, who});
  }
  void answer(connection_id c) { tell(events::probe_answered{c, 1}); }
  connection_stage stage(connection_id c) const { return manager.explain(c, now).stage; }
  bool is_admitted(connection_id c) const {
    return stage(c) == connection_stage::authenticated || stage(c) == connection_stage::ready;
  }
};

TEST(returning_peer, has_the_place_of_its_silent_connection_after_a_second) {
  node_of_one d(each_has(1));
  d.come(conn(4));
  EXPECT_EQ(d.last<actions::probe>()->conn, conn(2));
  EXPECT_EQ(d.stage(conn(4)), connection_stage::waiting);
  EXPECT_EQ(d.manager.explain(conn(4), d.now).sentence,
            "waiting until its peer's other connections answer or are dead");
  EXPECT_EQ(d.counters().pending_inbound, 1U);
  d.answers = false;
  d.run_to(101s - 1ns);
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  d.run_to(101s);
  EXPECT_EQ(d.last<actions::abort>()->conn, conn(2));
  EXPECT_EQ(d.last<actions::abort>()->reason, cause::liveness_lost);
  EXPECT_FALSE(d.is_admitted(conn(4)));  // the permit is free only now:
  d.tell(events::closed{conn(2), cause::aborted});
  EXPECT_TRUE(d.is_admitted(conn(4)));
  EXPECT_EQ(d.counters().permits_live, 1U);
  const notification closed = d.last(notice::connection_closed);
  EXPECT_EQ(closed.why, cause::liveness_lost);
  EXPECT_EQ(closed.failures, 1U);
  EXPECT_EQ(closed.ceiling, 1s);
  EXPECT_EQ(d.count<actions::probe>(), 1U);
  EXPECT_EQ(d.refused(cause::per_peer_limit_reached), 0U);
  EXPECT_EQ(d.manager.explain(peer(1), d.now).failures, 0U);  // it is there
}

TEST(returning_peer, is_refused_once_the_old_connection_is_heard) {
  for (const bool busy : {false, true}) {
    node_of_one d(each_has(1));
    d.come(conn(4));
    d.run_for(500ms);
    busy ? d.app_bytes(conn(2)) : d.answer(conn(2));
    EXPECT_EQ(describe(d.last(notice::inbound_refused)),
              "PerPeerLimitReached{limit: 1, current: 1}");
    EXPECT_EQ(d.last<actions::refuse>()->how, refuse_how::tell);
    d.run_for(60s);
    EXPECT_EQ(d.stage(conn(2)), connection_stage::ready);
    EXPECT_EQ(d.count<actions::abort>(), 1U);  // of whom was told, after refusal_linger
  }
}

TEST(returning_peer, is_refused_at_once_when_the_old_connection_was_heard_since_it_arrived) {
  node_of_one d(each_has(1));
  d.tell(events::arrived{conn(4), address()});
  d.run_for(10ms);
  d.other_bytes(conn(2));
  d.run_for(10ms);
  d.tell(events::authenticated{conn(4), peer(1)});
  EXPECT_EQ(d.refused(cause::per_peer_limit_reached), 1U);
  EXPECT_EQ(d.count<actions::probe>(), 0U);
}

TEST(returning_peer, is_refused_when_the_old_connection_acknowledged_what_is_said_since) {
  for (const duration since_it_came : {-1ms, 0ms, 500ms}) {
    SCOPED_TRACE(since_it_came / 1ms);
    node_of_one d(each_has(1));
    d.tell(events::traffic{conn(2), 100, 0, 100, {}, d.now});
    d.come(conn(4));
    d.acknowledged = at(100s) + since_it_came;
    d.run_to(101s + 1ns);
    const bool lives = since_it_came >= 0ms;
    EXPECT_EQ(d.refused(cause::per_peer_limit_reached), lives ? 1U : 0U);
    EXPECT_EQ(d.count<actions::abort>(), lives ? 0U : 1U);
    EXPECT_EQ(d.count<actions::ask_progress>(), 1U);
    EXPECT_EQ(d.is_admitted(conn(4)), !lives);
  }
}

TEST(returning_peer, waits_a_few_probe_timeouts_of_the_old_connection) {
  const auto waits = [](duration round_trip, duration handshake) {
    manager_options options = each_has(1);
    options.handshake_timeout = 10min;
    node_of_one d(options, round_trip);
    d.come(conn(4), peer(1), handshake);
    const time_point came = d.now;
    d.run_for(9min);
    return d.when<actions::abort>() - came;
  };
  EXPECT_EQ(waits(1ms, 1ms), 1s);
  EXPECT_EQ(waits(20ms, 20ms), 1s);
  EXPECT_EQ(waits(1s, 20ms) / 1ms, 3003);  // its variation is long gone: SRTT and a little
  EXPECT_EQ(waits(20ms, 700ms), 2100ms);   // the way has become longer
  EXPECT_EQ(waits(-1s, 20ms), 1s);         // not measured: the handshake counts threefold
  EXPECT_EQ(waits(-1s, 200ms), 1800ms);
  EXPECT_EQ(waits(5s, 5s) / 1ms, 8000);  // no more than 8 s,
  EXPECT_EQ(waits(-1s, 4s), 12s);        // or a single timeout
}

TEST(returning_peer, waits_no_longer_for_one_that_is_closing_than_for_an_answer) {
  node_of_one d(each_has(1), 5s);
  d.tell(events::disconnect_wanted{peer(1), {}, cause::requested});
  EXPECT_GE(d.last<actions::close>()->drain_until, d.now + 15s);
  d.run_for(1s);
  d.come(conn(4));
  const time_point came = d.now;
  EXPECT_EQ(d.stage(conn(4)), connection_stage::waiting);
  d.run_for(8s + 1ms);
  EXPECT_EQ(d.last<actions::abort>()->conn, conn(2));
  EXPECT_EQ((d.when<actions::abort>() - came) / 1ms, 8000);
  EXPECT_TRUE(d.is_admitted(conn(4)));
  EXPECT_EQ(d.count<actions::probe>(), 0U);
}

TEST(returning_peer, finds_a_live_connection_alive_over_any_round_trip) {
  for (const duration round_trip : {1ms, 50ms, 300ms, 1000ms, 2000ms, 5000ms})
    for (const bool measured : {false, true}) {
      SCOPED_TRACE(round_trip / 1ms);
      node_of_one d(each_has(1), measured ? round_trip : -1s);
      d.come(conn(4), peer(1), round_trip);
      d.run_for(round_trip);
      d.answer(conn(2));
      d.run_for(30s);
      EXPECT_EQ(d.stage(conn(2)), connection_stage::ready);
      EXPECT_EQ(d.refused(cause::per_peer_limit_reached), 1U);
    }
}

TEST(returning_peer, with_two_dead_connections_has_the_older_place_and_then_the_other_at_once) {
  node_of_one d(each_has(2), 20ms, 2);
  d.come(conn(6));
  EXPECT_EQ(d.count<actions::probe>(), 2U);
  d.run_to(101s);
  EXPECT_EQ(d.count<actions::abort>(), 1U);  // one is enough
  EXPECT_EQ(d.last<actions::abort>()->conn, conn(2));
  EXPECT_TRUE(d.is_admitted(conn(6)));
  d.tell(events::ready{conn(6)});
  d.run_to(150s);
  EXPECT_EQ(d.stage(conn(4)), connection_stage::ready);
  d.come(conn(8));  // that one still owes its answer
  EXPECT_EQ(d.last<actions::abort>()->conn, conn(4));
  EXPECT_TRUE(d.is_admitted(conn(8)));
  EXPECT_EQ(d.counters().permits_live, 2U);
}

TEST(returning_peer, has_the_place_of_the_dead_one_and_not_of_the_live_one) {
  node_of_one d(each_has(2), 20ms, 2);
  d.come(conn(6));
  d.answer(conn(2));
  EXPECT_EQ(d.stage(conn(6)), connection_stage::waiting);
  d.run_to(101s);
  EXPECT_EQ(d.last<actions::abort>()->conn, conn(4));
  EXPECT_TRUE(d.is_admitted(conn(6)));
  EXPECT_EQ(d.stage(conn(2)), connection_stage::ready);
}

// Whatever makes the node look again at the moment when an answer was due.
TEST(returning_peer, has_no_place_of_one_that_acknowledged_and_was_not_asked_yet) {
  node_of_one d(each_has(2), 20ms, 2);
  d.tell(events::traffic{conn(2), 100, 0, 100, {}, d.now});
  d.come(conn(6));
  d.acknowledged = at(100500ms);
  d.now = at(101s);
  d.answer(conn(4));
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  d.run_to(102s);
  EXPECT_EQ(d.count<actions::ask_progress>(), 1U);
  EXPECT_EQ(d.stage(conn(2)), connection_stage::ready);
  EXPECT_EQ(d.refused(cause::per_peer_limit_reached), 1U);
}

TEST(returning_peer, waits_with_one_newcomer_and_is_probed_once) {
  node_of_one d(each_has(1));
  for (std::uint64_t i = 2; i <= 50; ++i) d.come(conn(2 * i));
  EXPECT_EQ(d.count<actions::probe>(), 1U);
  EXPECT_EQ(d.refused(cause::per_peer_limit_reached), 48U);
  d.run_to(101s);
  EXPECT_TRUE(d.is_admitted(conn(4)));
}

TEST(returning_peer, is_refused_at_its_deadline_and_waits_on_with_its_next_newcomer) {
  manager_options options = each_has(1);
  options.handshake_timeout = 2s;
  node_of_one d(options, 2s);  // its answer has 6 s
  d.come(conn(4));
  d.run_to(102s - 1ns);
  EXPECT_EQ(d.refused(cause::per_peer_limit_reached), 0U);
  d.run_to(102s);
  EXPECT_EQ(d.refused(cause::per_peer_limit_reached), 1U);
  EXPECT_EQ(d.counters().failed_total, 0U);
  d.run_to(105s);
  d.come(conn(6));
  EXPECT_EQ(d.count<actions::probe>(), 1U);
  d.run_to(106500ms);
  EXPECT_TRUE(d.is_admitted(conn(6)));
  EXPECT_EQ(d.last(notice::connection_closed).conn, conn(2));
}

TEST(returning_peer, that_dies_while_it_waits_takes_nothing) {
  node_of_one d(each_has(1));
  d.come(conn(4));
  d.tell(events::closed{conn(4), cause::reset});
  d.run_to(200s);
  EXPECT_EQ(d.stage(conn(2)), connection_stage::ready);
  EXPECT_EQ(d.counters().pending_inbound, 0U);
}

TEST(returning_peer, waits_for_an_end_that_is_under_way_without_a_probe) {
  node_of_one d(each_has(1));
  d.tell(events::disconnect_wanted{{}, conn(2)});
  d.come(conn(4));
  EXPECT_EQ(d.count<actions::probe>(), 0U);
  EXPECT_EQ(d.stage(conn(4)), connection_stage::waiting);
  d.tell(events::closed{conn(2), cause::requested});
  EXPECT_TRUE(d.is_admitted(conn(4)));
}

TEST(returning_peer, is_refused_at_once_beside_one_that_is_not_ready) {
  node_of_one d(each_has(1), 20ms, 0);
  d.come(conn(2));
  d.come(conn(4));
  EXPECT_EQ(d.refused(cause::per_peer_limit_reached), 1U);
}

TEST(returning_peer, takes_the_place_of_what_this_node_dialled_from_another_address) {
  manager_options options = each_has(1);
  options.max_connections_per_narrow_subnet = options.max_connections_per_wide_subnet = 1;
  driver d(options);
  d.dial(req(1), peer(1), {endpoint::v4(203, 0, 113, 1, 1)});
  const connection_id old = d.connect(peer(1));
  d.run_to(5s);
  d.tell(events::arrived{conn(4), endpoint::v4(198, 51, 100, 1, 1)});
  d.tell(events::authenticated{conn(4), peer(1)});
  d.run_to(6s);
  EXPECT_EQ(d.last<actions::abort>()->conn, old);
  d.tell(events::ready{conn(4)});
  EXPECT_EQ(d.counters().active_connections, 1U);
}

TEST(returning_peer, has_its_own_place_in_a_full_node_and_strangers_have_none) {
  for (const std::uint64_t per_peer : {1, 2}) {
    manager_options options = scored();
    options.eviction = eviction_mode::off;
    options.max_connections_per_peer = per_peer;
    full_node d(options);
    d.come(conn(100), peer(50));
    EXPECT_EQ(d.refused(cause::limit_reached), 1U);
    d.come(conn(102), peer(3));
    EXPECT_EQ(d.refused(cause::limit_reached), 1U);
    d.run_for(3s);  // not measured: as long as its handshake allows, a second at least
    EXPECT_EQ(d.last<actions::abort>()->conn, conn(6));
    EXPECT_TRUE(d.admitted(conn(102)));
    EXPECT_EQ(d.counters().permits_live, 4U);
    d.expect_conserved();
  }
}

TEST(returning_peer, in_a_full_node_may_have_anothers_place_when_its_own_lives) {
  full_node d;
  d.come(conn(100), peer(3));
  EXPECT_TRUE(d.closes().empty());  // nobody goes before that is known
  d.tell(events::probe_answered{conn(6), 1});
  ASSERT_EQ(d.closes(), ids{conn(8)});
  d.close_of(conn(8));
  EXPECT_TRUE(d.admitted(conn(100)));
  d.expect_conserved();

  full_node dead;
  dead.come(conn(100), peer(3));
  dead.run_for(3s);
  EXPECT_TRUE(dead.closes().empty());
  EXPECT_TRUE(dead.admitted(conn(100)));
}

TEST(returning_peer, that_is_protected_keeps_to_its_limit) {
  manager_options options = each_has(1);
  options.reserved_connections = 2;
  node_of_one d(options);
  d.tell(events::peer_marked{peer(1), mark::protect});
  d.come(conn(4));
  d.run_to(101s);
  EXPECT_TRUE(d.is_admitted(conn(4)));
  EXPECT_EQ(d.counters().permits_live, 1U);
}

TEST(returning_peer, hears_of_new_options_bans_and_the_shutdown) {
  manager_options options = each_has(1);
  {
    node_of_one d(options);
    d.come(conn(4));
    options.max_connections_per_peer = 2;
    d.tell(events::configured{options});
    EXPECT_TRUE(d.is_admitted(conn(4)));
    d.run_to(200s);
    EXPECT_EQ(d.stage(conn(2)), connection_stage::ready);
  }
  {
    node_of_one d(each_has(2), 20ms, 2);
    d.come(conn(6));
    d.tell(events::configured{each_has(1)});  // one of two drains: that place is nobody's any more
    EXPECT_EQ(d.refused(cause::per_peer_limit_reached), 1U);
  }
  {
    node_of_one d(each_has(1));
    d.come(conn(4));
    d.tell(events::peer_marked{peer(1), mark::deny});
    EXPECT_EQ(d.last<actions::close>()->conn, conn(2));
    EXPECT_EQ(d.last<actions::close>()->reason, cause::denied);
    d.run_to(101s);
    EXPECT_EQ(d.refused(cause::denied), 1U);
  }
  {
    node_of_one d(each_has(1));
    d.come(conn(4));
    d.tell(events::shutdown_wanted{});
    EXPECT_EQ(d.last<actions::abort>()->conn, conn(4));
    d.tell(events::closed{conn(2), cause::requested});
    EXPECT_EQ(d.count<actions::shutdown_complete>(), 1U);
  }
}

}  // namespace
}  // namespace tandem::test
