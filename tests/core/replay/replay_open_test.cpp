// SPDX-License-Identifier: MIT
#include "core/driver.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace tandem::test {
namespace {

open_replay_result replay_with(const driver& d, const option_change& change,
                               const replay_options& options = {}) {
  memory_source source(d.trace.bytes());
  return replay_open(source, change, options);
}

const divergence* row_of(const open_replay_result& r, connection_id c) {
  for (const divergence& row : r.divergences)
    if (row.recorded_conn == c) return &row;
  return nullptr;
}

const divergence* row_of(const open_replay_result& r, request_id q) {
  for (const divergence& row : r.divergences)
    if (row.request == q) return &row;
  return nullptr;
}

/// Ten peers come, a second apart, and stay.
void ten_arrive(driver& d) {
  for (std::uint32_t i = 1; i <= 10; ++i) {
    d.run_for(1s);
    d.accept(conn(2 * i), peer(i));
  }
}

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

TEST(replay_open, a_dial_that_only_the_new_run_starts_waits_for_its_own_timeout) {
  driver d;
  d.dial(req(1), peer(1));
  d.fail();
  d.dial(req(2), peer(1));  // backing off
  d.run_to(40s);
  d.tell(events::pressure{});
  ASSERT_EQ(d.last(notice::dial_failed).why, cause::backing_off);
  const auto r =
      replay_with(d, [](manager_options& o) { o.backoff_strategy = backoff_strategy::none; });
  const divergence* row = row_of(r, req(2));
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->about, divergence_of::request);
  EXPECT_EQ(describe(row->recorded), "dial_failed BackingOff");
  EXPECT_EQ(row->recorded.at, at(0s));
  EXPECT_EQ(describe(row->open), "dial_failed AttemptTimeout");
  EXPECT_EQ(row->open.at, at(15s));
  EXPECT_EQ(r.divergences_count, 2U) << "the request and its attempt";
  EXPECT_EQ(r.assumed, 1U) << "the cancelled attempt ends";
  EXPECT_EQ(row_of(r, req(1)), nullptr);
}

TEST(replay_open, attempts_are_paired_by_peer_and_address_whatever_their_ids) {
  driver d;
  d.dial(req(1), peer(1));
  d.fail();
  d.dial(req(2), peer(1));  // backing off: no attempt; the new run makes one, and ids shift
  d.dial(req(3), peer(2), {address(7)});
  const connection_id c = d.connect(peer(2));
  d.run_for(1s);
  d.app_bytes(c);
  d.run_to(10s);
  const auto r =
      replay_with(d, [](manager_options& o) { o.backoff_strategy = backoff_strategy::none; });
  EXPECT_EQ(row_of(r, req(3)), nullptr);
  EXPECT_EQ(row_of(r, c), nullptr);
  EXPECT_EQ(r.counters.active_connections, 1U);
  EXPECT_EQ(r.counters.bytes_received, d.counters().bytes_received);
  EXPECT_EQ(r.skipped_count, 0U);
}

TEST(replay_open, recorded_configuration_is_changed_only_in_the_fields_named) {
  driver d;
  manager_options other;
  other.connection_timeout = 50s;
  d.tell(events::configured{other});
  d.accept(conn(2), peer(1));
  d.accept(conn(4), peer(2));
  d.run_to(35s);
  d.tell(events::pressure{});
  const auto r = replay_with(d, [](manager_options& o) { o.max_connections_per_peer = 1; });
  EXPECT_EQ(r.divergences_count, 0U) << "the new idle timeout holds in both";
  EXPECT_EQ(r.counters.active_connections, 2U);
  const auto limited = replay_with(d, [](manager_options& o) {
    o.max_connections = 1;
    o.max_connections_per_peer = 1;
  });
  EXPECT_EQ(limited.divergences_count, 1U);
  EXPECT_NE(row_of(limited, conn(4)), nullptr);
  EXPECT_EQ(limited.unusable_options, 0U);
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

TEST(replay_open, a_dial_that_is_over_in_the_new_run_is_not_abandoned_there) {
  driver d;
  d.dial(req(1), peer(1));
  d.run_to(10s);
  d.tell(events::dial_abandoned{req(1)});
  const auto r = replay_with(d, [](manager_options& o) { o.attempt_timeout = 5s; });
  const divergence* row = row_of(r, req(1));
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(describe(row->open), "dial_failed AttemptTimeout");
  EXPECT_EQ(row->open.at, at(5s));
  EXPECT_EQ(r.counters.ignored_events, 0U);
  EXPECT_EQ(r.skipped[event(events::dial_abandoned{}).index()], 1U);
}

TEST(replay_open, an_attempt_that_ended_in_one_run_is_not_taken_for_a_later_one) {
  for (const bool only_new : {true, false}) {
    manager_options options;
    if (!only_new) options.backoff_strategy = backoff_strategy::none;
    driver d(options);
    d.dial(req(1), peer(1));
    d.fail();
    d.dial(req(2), peer(1));  // backing off, but without a strategy
    if (!only_new) d.fail();
    d.run_to(10min);
    d.dial(req(3), peer(1));
    d.connect(peer(1));
    const auto r = replay_with(d, [&](manager_options& o) {
      o.backoff_strategy = only_new ? backoff_strategy::none : manager_options{}.backoff_strategy;
    });
    EXPECT_NE(row_of(r, req(2)), nullptr);
    EXPECT_EQ(row_of(r, req(3)), nullptr);
    EXPECT_EQ(r.counters.active_connections, 1U);
  }
}

TEST(replay_open, an_attempt_whose_outcome_the_record_has_told_waits_for_its_own_timeout) {
  driver d;
  d.dial(req(1), peer(1));
  d.dial(req(2), peer(2), {address(2)});
  const connection_id c = d.connect(peer(2));
  d.run_to(20s);
  d.app_bytes(c);
  d.run_to(28s);
  d.tell(events::closed{c, cause::remote_closed});
  d.run_to(40s);
  d.tell(events::network_changed{});
  const auto r = replay_with(d, [](manager_options& o) { o.max_pending_outbound = 1; });
  const divergence* row = row_of(r, req(2));
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(describe(row->recorded), "dial_succeeded");
  EXPECT_EQ(describe(row->open), "dial_failed AttemptTimeout");
  EXPECT_EQ(row->open.at, at(18s)) << "it began when the first gave way, at 3 s";
}

TEST(replay_open, attempts_at_the_same_address_are_paired_in_order) {
  manager_options options;
  options.attempt_timeout = 40s;
  driver d(options);
  d.dial(req(1), peer(9), {address(9)});
  const connection_id first = d.last<actions::start_attempt>()->attempt;
  std::vector<connection_id> attempts;
  for (const request_id r : {req(2), req(3)}) {
    d.dial(r, peer(1), {address()}, dial_mode::additional);
    attempts.push_back(d.last<actions::start_attempt>()->attempt);
  }
  ASSERT_NE(attempts[0], attempts[1]);
  d.run_to(2s);
  d.tell(events::attempt_failed{first, cause::connection_refused, false, {}});
  for (const connection_id c : attempts) {
    d.run_for(1s);
    d.tell(events::attempt_connected{c});
    d.upgrade(c, peer(1));
  }
  d.run_for(1s);
  d.tell(events::network_changed{});
  const auto r = replay_with(d, [](manager_options& o) { o.max_pending_outbound = 1; });
  EXPECT_EQ(row_of(r, req(2)), nullptr);
  EXPECT_EQ(row_of(r, req(3)), nullptr);
  EXPECT_EQ(r.counters.active_connections, 2U);
}

TEST(replay_open, a_resolve_whose_request_is_over_is_not_taken_for_a_later_one) {
  manager_options options;
  options.backoff_strategy = backoff_strategy::none;
  driver d(options);
  d.dial(req(1), peer(1));
  d.fail();
  d.dial(req(2), peer(1), {});  // the new run backs off
  d.tell(events::dial_abandoned{req(2)});
  d.run_to(10min);
  d.dial(req(3), peer(1), {});
  d.tell(events::addresses_found{req(3), std::array{address(3)}, true});
  d.connect(peer(1));
  const auto r = replay_with(
      d, [](manager_options& o) { o.backoff_strategy = manager_options{}.backoff_strategy; });
  EXPECT_NE(row_of(r, req(2)), nullptr);
  EXPECT_EQ(row_of(r, req(3)), nullptr);
  EXPECT_EQ(r.counters.active_connections, 1U);
}

TEST(replay_open, requests_from_before_a_checkpoint_are_followed) {
  manager_options options;
  options.max_pending_outbound = 1;
  driver d(options);
  d.dial(req(1), peer(1), {address(1)});
  d.dial(req(2), peer(2), {address(2)});
  d.run_to(1s);
  d.tell(events::network_changed{});
  memory_trace trace;
  d.manager.write_checkpoint(trace);
  const std::size_t before = d.trace.bytes().size();
  d.run_to(17s);  // the first gives way to the second at 3 s
  d.fail();
  d.run_to(20s);
  trace.record(d.trace.bytes().subspan(before));
  memory_source source(trace.bytes());
  const auto r = replay_open(source, [](manager_options& o) { o.max_pending_outbound = 2; });
  EXPECT_TRUE(r.record.identical) << r.record.error;
  const divergence* row = row_of(r, req(2));
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(describe(row->recorded), "dial_failed ConnectionRefused");
  EXPECT_EQ(row->recorded.at, at(17s));
  EXPECT_EQ(describe(row->open), "dial_failed AttemptTimeout");
  EXPECT_EQ(row->open.at, at(16s));
}

TEST(replay_open, rows_that_are_too_many_are_still_counted) {
  driver d;
  ten_arrive(d);
  replay_options options;
  options.divergences_max = 3;
  const auto r = replay_with(
      d, [](manager_options& o) { o.max_connections = 6; }, options);
  EXPECT_EQ(r.divergences.size(), 3U);
  EXPECT_EQ(r.divergences_count, 4U);
  ASSERT_EQ(r.totals.size(), 1U);
  EXPECT_EQ(r.totals[0].count, 4U);
}

TEST(replay_open, recorded_options_that_the_change_contradicts_are_counted) {
  driver d;
  manager_options other;
  other.max_connections_per_peer = 8;
  d.tell(events::configured{other});
  d.tell(events::configured{manager_options{}});
  const auto r = replay_with(d, [](manager_options& o) { o.max_connections = 7; });
  EXPECT_EQ(r.unusable_options, 1U);
}

TEST(replay_open, options_that_contradict_are_refused_by_name) {
  driver d;
  try {
    replay_with(d, [](manager_options& o) { o.max_connections = 1; });
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_NE(std::string(e.what()).find("max_connections_per_peer (2) is above"),
              std::string::npos);
  }
}

TEST(replay_open, watches_one_peer_in_both_runs) {
  driver d;
  ten_arrive(d);
  replay_options options;
  options.watch = peer(10);
  std::vector<std::string> recorded, open;
  options.on_watched = [&](time_point, bool in_open, const notification& n) {
    (in_open ? open : recorded).emplace_back(name_of(n.kind));
  };
  const auto r = replay_with(
      d, [](manager_options& o) { o.max_connections = 6; }, options);
  EXPECT_EQ(recorded, std::vector<std::string>{"connection_established"});
  EXPECT_EQ(open.front(), "inbound_refused");
  ASSERT_TRUE(r.record.explained && r.explained);
  EXPECT_EQ(r.record.explained->connections, 1U);
  EXPECT_EQ(r.explained->connections, 0U);
}

}  // namespace
}  // namespace tandem::test
