// SPDX-License-Identifier: MIT
// Dials, attempts and requests of the record, and those of the new run that stand for them.
#include "core/replay/replays.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

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

}  // namespace
}  // namespace tandem::test
