// SPDX-License-Identifier: MIT
#include "core/replay/replays.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

TEST(replay_open, with_the_same_options_nothing_differs) {
  driver d;
  for (std::uint32_t i = 1; i <= 6; ++i) {
    d.dial(req(i), peer(i), i == 6 ? std::vector<endpoint>{} : std::vector{address(1), address(2)});
    if (i == 5) d.tell(events::dial_abandoned{req(5)});
    if (i == 6) d.tell(events::addresses_found{req(6), std::array{address(3)}, true});
    if (i < 3) d.fail();
    if (i != 5) d.connect(peer(i));
  }
  ten_arrive(d);
  d.run_to(20s);
  d.tell(events::closed{conn(4), cause::remote_closed});
  d.run_to(90s);
  d.tell(events::shutdown_wanted{});
  d.run_to(100s);
  const auto r = replay_with(d, [](manager_options&) {});
  EXPECT_TRUE(r.record.identical) << r.record.error;
  EXPECT_GT(r.record.inputs, 50U);
  EXPECT_EQ(r.divergences_count, 0U);
  EXPECT_EQ(r.skipped_count, 0U);
  EXPECT_EQ(r.assumed, 0U);
  EXPECT_EQ(r.counters, r.record.counters);
  EXPECT_EQ(r.counters, d.counters());
}

TEST(replay_open, stops_where_the_record_leaps_over_more_than_100_000_deadlines) {
  const auto error_after = [](duration leap, const replay_options& options = {}) {
    manager_options quiet;
    quiet.connection_timeout = quiet.liveness_interval = 24h;
    driver d(quiet);
    d.accept(conn(2), peer(1));
    d.run_for(leap);
    d.tell(events::closed{conn(2), cause::remote_closed});
    const auto r = replay_with(
        d,
        [](manager_options& o) {
          o.eviction = eviction_mode::scored;
          o.churn_interval = 1ms;
        },
        options);
    EXPECT_EQ(r.record.identical, r.record.error.empty());
    return r.record.error;
  };
  EXPECT_EQ(error_after(100s), "");        // 99 999 are due before
  EXPECT_EQ(error_after(100s + 1ns), "");  // 100 000
  EXPECT_EQ(error_after(100s + 1ms), "");
  EXPECT_EQ(error_after(100s + 1ms + 1ns),
            "from 0 s to 100 s nothing is recorded, but with these options the manager would wake "
            "more than 100000 times");
  replay_options five;
  five.own_deadlines_max = 5;
  EXPECT_EQ(error_after(5ms, five), "");
  EXPECT_EQ(error_after(6ms, five), "");
  EXPECT_NE(error_after(6ms + 1ns, five).find("more than 5 times"), std::string::npos);
}

TEST(replay_open, with_fewer_connections_allowed_exactly_those_above_differ) {
  driver d;
  ten_arrive(d);
  d.run_to(20s);
  const auto r = replay_with(d, [](manager_options& o) { o.max_connections = 6; });
  EXPECT_TRUE(r.record.identical) << r.record.error;
  EXPECT_EQ(r.divergences_count, 4U);
  ASSERT_EQ(r.divergences.size(), 4U);
  for (std::uint32_t i = 7; i <= 10; ++i) {
    const divergence* row = row_of(r, conn(2 * i));
    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->open_conn, conn(2 * i));
    EXPECT_EQ(row->peer, peer(i));
    EXPECT_EQ(describe(row->recorded), "admit established");
    EXPECT_EQ(describe(row->open), "refuse LimitReached");
    EXPECT_EQ(row->recorded.at, at(duration(i * 1s)));
    EXPECT_EQ(row->open.at, at(duration(i * 1s)));
  }
  ASSERT_EQ(r.totals.size(), 1U);
  EXPECT_EQ(r.totals[0].recorded, "admit established");
  EXPECT_EQ(r.totals[0].open, "refuse LimitReached");
  EXPECT_EQ(r.totals[0].count, 4U);
  EXPECT_EQ(r.counters.active_connections, 6U);
  EXPECT_EQ(r.record.counters.active_connections, 10U);
  EXPECT_EQ(r.skipped_count, 4U) << "their ready";
  EXPECT_EQ(r.assumed, 4U) << "their end";
}

TEST(replay_open, with_more_connections_allowed_those_refused_are_admitted_and_live_on) {
  manager_options tight;
  tight.max_connections = 6;
  driver d(tight);
  for (std::uint32_t i = 1; i <= 10; ++i) {
    d.tell(events::arrived{conn(2 * i), address()});
    d.tell(events::authenticated{conn(2 * i), peer(i)});
    if (i <= 6)
      d.tell(events::ready{conn(2 * i)});
    else
      d.tell(events::closed{conn(2 * i), cause::limit_reached});
  }
  d.run_to(20s);
  const auto r = replay_with(d, [](manager_options& o) { o.max_connections = 8; });
  EXPECT_EQ(r.divergences_count, 2U);
  ASSERT_NE(row_of(r, conn(14)), nullptr);
  EXPECT_EQ(describe(row_of(r, conn(14))->recorded), "refuse LimitReached");
  EXPECT_EQ(describe(row_of(r, conn(16))->open), "admit established");
  EXPECT_EQ(r.record.counters.active_connections, 6U);
  EXPECT_EQ(r.counters.active_connections, 8U);
  EXPECT_EQ(r.counters.refused[static_cast<std::size_t>(cause::limit_reached)], 2U);
}

TEST(replay_open, an_idle_close_that_moves_shows_both_times) {
  driver d;
  d.accept(conn(2), peer(1));
  d.run_to(70s);  // idle at 30 s
  d.tell(events::network_changed{});
  const auto sooner = replay_with(d, [](manager_options& o) { o.connection_timeout = 20s; });
  ASSERT_EQ(sooner.divergences.size(), 1U);
  EXPECT_EQ(describe(sooner.divergences[0].open), "close IdleTimeout");
  EXPECT_EQ(sooner.divergences[0].open.at, at(20s));
  EXPECT_EQ(sooner.divergences[0].recorded.at, at(30s));
  const auto later = replay_with(d, [](manager_options& o) { o.connection_timeout = 60s; });
  ASSERT_EQ(later.divergences.size(), 1U);
  EXPECT_EQ(later.divergences[0].open.at, at(60s));
  EXPECT_EQ(later.divergences[0].recorded.at, at(30s));
  const auto never_seen = replay_with(d, [](manager_options& o) { o.connection_timeout = 100s; });
  ASSERT_EQ(never_seen.divergences.size(), 1U);
  EXPECT_EQ(describe(never_seen.divergences[0].open), "nothing");
  EXPECT_EQ(never_seen.counters.active_connections, 1U) << "lives until the end";
}

TEST(replay_open, a_newcomer_whose_ready_came_while_it_waited_in_the_new_run_is_ready_there_too) {
  manager_options options;
  options.max_connections = 2;
  options.liveness_interval = 1h;
  driver d(options);
  d.accept(conn(2), peer(1));
  d.run_to(30s);
  ASSERT_EQ(d.when<actions::close>(), at(30s));  // idle
  d.run_to(30'500ms);
  d.accept(conn(4), peer(2));
  d.run_to(30'900ms);
  d.tell(events::closed{conn(2), cause::idle_timeout});
  const auto r = replay_with(d, [](manager_options& o) {
    o.max_connections = o.max_connections_per_peer = 1;
    o.eviction = eviction_mode::scored;
    o.connection_timeout = 10min;
  });
  EXPECT_TRUE(r.record.identical) << r.record.error;
  EXPECT_EQ(r.counters.evicted_total, 1U);
  EXPECT_EQ(r.counters.established_total, 2U);
  EXPECT_EQ(r.counters.active_connections, 1U);
  EXPECT_EQ(r.skipped[event(events::ready{}).index()], 1U) << "told later";
  EXPECT_EQ(r.assumed, 1U) << "when it was admitted";
  ASSERT_NE(row_of(r, conn(4)), nullptr);
  EXPECT_EQ(row_of(r, conn(4))->recorded.at, at(30'500ms));
  EXPECT_EQ(row_of(r, conn(4))->open.at, at(30'900ms));
}

TEST(replay_open, probes_that_only_the_new_run_sends_are_answered) {
  driver d;
  d.accept(conn(2), peer(1));
  d.tell(events::stream_opened{conn(2), true});
  for (int i = 0; i < 6; ++i) {
    d.run_for(9s);
    d.other_bytes(conn(2));
  }
  const auto r = replay_with(d, [](manager_options& o) {
    o.liveness_interval = 1s;
    o.liveness_timeout = 1s;
  });
  EXPECT_EQ(r.divergences_count, 0U);
  EXPECT_GT(r.assumed, 20U);
  EXPECT_EQ(r.counters.active_connections, 1U);
}

TEST(replay_open, a_peer_that_the_record_found_dead_answers_no_probe_of_the_new_run) {
  manager_options options;
  options.connection_timeout = 1h;
  driver d(options);
  d.accept(conn(2), peer(1));
  d.run_to(200s);
  d.tell(events::network_changed{});
  ASSERT_EQ(d.when<actions::abort>(), at(40s));
  const auto r = replay_with(d, [](manager_options& o) { o.liveness_misses = 5; });
  ASSERT_EQ(r.divergences.size(), 1U);
  EXPECT_EQ(describe(r.divergences[0].recorded), "abort LivenessLost");
  EXPECT_EQ(r.divergences[0].recorded.at, at(40s));
  EXPECT_EQ(describe(r.divergences[0].open), "abort LivenessLost");
  EXPECT_EQ(r.divergences[0].open.at, at(60s));
}

TEST(replay_open, a_late_driver_is_as_late_for_both) {
  driver d;
  d.accept(conn(2), peer(1));
  d.run_to(9s);
  d.other_bytes(conn(2));
  d.now = at(35s);  // idle at 30 s, probed at 19 s
  d.run_to(50s);
  ASSERT_EQ(d.when<actions::close>(), at(35s));
  EXPECT_EQ(replay_with(d, [](manager_options&) {}).divergences_count, 0U);
}

TEST(replay_open, an_arrival_that_only_the_new_run_admits_is_reset_when_no_peer_is_known) {
  manager_options one;
  one.accept_rate = 0.001;
  one.accept_burst = 1;
  driver d(one);
  d.tell(events::arrived{conn(2), address()});
  d.tell(events::arrived{conn(4), address()});
  const auto r = replay_with(d, [](manager_options& o) { o.accept_rate = 0; });
  ASSERT_EQ(r.divergences.size(), 1U);
  EXPECT_EQ(describe(r.divergences[0].open), "admit handshake");
  EXPECT_EQ(r.counters.pending_inbound, 1U);
  EXPECT_EQ(r.assumed, 1U);
}

TEST(replay_open, who_made_room_only_in_the_record_stays_pending) {
  manager_options one;
  one.max_pending_inbound = 1;
  driver d(one);
  d.tell(events::arrived{conn(2), address()});
  d.tell(events::arrived{conn(4), address()});
  const auto r = replay_with(d, [](manager_options& o) { o.max_pending_inbound = 10; });
  ASSERT_EQ(r.divergences.size(), 1U);
  EXPECT_EQ(r.divergences[0].recorded_conn, conn(2));
  EXPECT_EQ(describe(r.divergences[0].recorded), "reset PendingLimitReached");
  EXPECT_EQ(describe(r.divergences[0].open), "nothing");
  EXPECT_EQ(r.counters.pending_inbound, 2U);
}

}  // namespace
}  // namespace tandem::test
