// SPDX-License-Identifier: MIT
#include "core/driver.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

TEST(established, the_oldest_ready_connection_of_a_peer_is_one_question) {
  driver d;
  EXPECT_EQ(d.manager.ready_connection(peer(1)), connection_id::none);
  d.tell(events::arrived{conn(2), address()});
  d.tell(events::authenticated{conn(2), peer(1)});
  EXPECT_EQ(d.manager.ready_connection(peer(1)), connection_id::none);
  d.accept(conn(4), peer(1));
  EXPECT_EQ(d.manager.ready_connection(peer(1)), conn(4));
  d.tell(events::ready{conn(2)});
  EXPECT_EQ(d.manager.ready_connection(peer(1)), conn(2));
  d.tell(events::disconnect_wanted{{}, conn(2), cause::requested});  // it drains
  EXPECT_EQ(d.manager.ready_connection(peer(1)), conn(4));
  d.tell(events::closed{conn(4), cause::reset});
  EXPECT_EQ(d.manager.ready_connection(peer(1)), connection_id::none);
  EXPECT_EQ(d.manager.ready_connection(peer(2)), connection_id::none);
}

TEST(idle, closes_exactly_connection_timeout_after_the_last_application_byte) {
  driver d;
  d.accept(conn(2), peer(1));
  d.run_to(7s);
  d.app_bytes(conn(2), 100);
  // Pings keep coming and are life, not use.
  for (auto t = 8s; t < 37s; t += 1s) {
    d.run_to(t);
    d.other_bytes(conn(2));
  }
  d.run_to(37s - 1ns);
  EXPECT_EQ(d.count<actions::close>(), 0U);
  EXPECT_EQ(d.count<actions::probe>(), 0U);
  d.run_to(37s);
  EXPECT_EQ(d.when<actions::close>(), at(37s));
  EXPECT_EQ(d.last<actions::close>()->reason, cause::idle_timeout);
  EXPECT_EQ(d.last<actions::close>()->drain_until, at(40s));
  EXPECT_EQ(d.counters().active_connections, 1U);
  d.tell(events::closed{conn(2), cause::remote_closed});
  EXPECT_EQ(d.last(notice::connection_closed).why, cause::idle_timeout);
}

TEST(idle, counts_from_ready_when_nothing_was_ever_sent) {
  driver d;
  d.run_to(3s);
  d.tell(events::arrived{conn(2), address()});
  d.tell(events::authenticated{conn(2), peer(1)});
  d.run_to(4s);
  d.tell(events::ready{conn(2)});
  for (auto t = 5s; t < 40s; t += 5s) {
    d.run_to(t);
    if (d.count<actions::close>() == 0) d.other_bytes(conn(2));
  }
  EXPECT_EQ(d.when<actions::close>(), at(34s));
}

TEST(idle, coalesced_traffic_counts_from_the_time_of_its_last_byte) {
  driver d;
  d.accept(conn(2), peer(1));
  d.run_to(9s);
  d.tell(events::traffic{conn(2), 10, 10, 10, at(8500ms), at(6s)});
  d.run_to(18s);
  d.other_bytes(conn(2));
  d.run_to(27s);
  d.other_bytes(conn(2));
  d.run_to(40s);
  EXPECT_EQ(d.when<actions::close>(), at(36s));
}

TEST(idle, an_open_application_stream_blocks_it_and_its_end_gives_no_more_than_the_floor) {
  driver d;
  d.accept(conn(2), peer(1));
  d.tell(events::stream_opened{conn(2)});
  for (auto t = 5s; t <= 100s; t += 5s) {
    d.run_to(t);
    d.other_bytes(conn(2));
  }
  EXPECT_EQ(d.count<actions::close>(), 0U);
  d.tell(events::stream_opened{conn(2)});
  d.tell(events::stream_closed{conn(2)});
  d.tell(events::stream_opened{conn(2), false});  // not of the application
  d.run_to(101s);
  d.tell(events::stream_closed{conn(2)});
  for (auto t = 105s; t <= 140s; t += 5s) {
    d.run_to(t);
    if (d.count<actions::close>() == 0) d.other_bytes(conn(2));
  }
  EXPECT_EQ(d.when<actions::close>(), at(104s));  // three probe timeouts of 1 s
}

TEST(idle, holds_when_the_stream_ends_while_liveness_is_due_much_later) {
  manager_options options;
  options.liveness_interval = 1h;
  driver d(options);
  d.accept(conn(2), peer(1));
  d.tell(events::stream_opened{conn(2)});
  d.run_to(60s);
  d.tell(events::stream_closed{conn(2)});
  d.run_to(200s);
  EXPECT_EQ(d.when<actions::close>(), at(63s));
}

TEST(liveness, probes_after_silence_and_aborts_after_the_misses) {
  manager_options options;
  options.connection_timeout = 1h;
  driver d(options);
  d.accept(conn(2), peer(1));
  d.run_to(4s);
  d.other_bytes(conn(2));
  d.run_to(14s - 1ns);
  EXPECT_EQ(d.count<actions::probe>(), 0U);
  d.run_to(44s - 1ns);
  EXPECT_EQ(d.count<actions::probe>(), 3U);
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  d.run_to(44s);
  EXPECT_EQ(d.when<actions::abort>(), at(44s));
  EXPECT_EQ(d.last<actions::abort>()->reason, cause::liveness_lost);
  EXPECT_EQ(d.last(notice::connection_closed).why, cause::liveness_lost);
  std::vector<time_point> probes;
  for (const auto& s : d.log)
    if (std::holds_alternative<actions::probe>(s.what)) probes.push_back(s.at);
  EXPECT_EQ(probes, (std::vector{at(14s), at(24s), at(34s)}));
}

TEST(liveness, any_byte_is_life_and_misses_must_be_in_a_row) {
  manager_options options;
  options.connection_timeout = 1h;
  driver d(options);
  d.accept(conn(2), peer(1));
  for (auto t = 29s; t < 1000s; t += 29s) {  // each time after two misses
    d.run_to(t);
    d.other_bytes(conn(2), 1);
  }
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  EXPECT_GT(d.count<actions::probe>(), 60U);
}

TEST(liveness, an_answered_probe_is_life) {
  manager_options options;
  options.connection_timeout = 1h;
  driver d(options);
  d.accept(conn(2), peer(1));
  std::size_t answered = 0;
  for (auto t = 1s; t < 500s; t += 1s) {
    d.run_to(t);
    if (d.count<actions::probe>() == answered) continue;
    ++answered;
    d.tell(events::probe_answered{conn(2), d.last<actions::probe>()->nonce});
  }
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  EXPECT_NEAR(static_cast<double>(answered), 49, 1);
}

TEST(closing, is_aborted_when_the_peer_does_not_let_go) {
  driver d;
  d.accept(conn(2), peer(1));
  d.answers = false;
  d.run_to(1s);
  d.tell(events::disconnect_wanted{peer(1), {}, cause::requested});
  EXPECT_EQ(d.last<actions::close>()->reason, cause::requested);
  EXPECT_EQ(d.last<actions::close>()->drain_until, at(4s));
  d.run_to(4s - 1ns);
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  d.run_to(4s);
  EXPECT_EQ(d.when<actions::abort>(), at(4s));
  EXPECT_EQ(d.counters().active_connections, 1U);
  EXPECT_EQ(d.counters().permits_live, 1U);
  d.tell(events::closed{conn(2), cause::aborted});
  EXPECT_EQ(d.last(notice::connection_closed).why, cause::requested);
  EXPECT_EQ(d.counters().permits_live, 0U);
}

TEST(closing, closed_may_come_during_close_and_ends_everything) {
  driver d;
  d.accept(conn(2), peer(1));
  d.tell(events::disconnect_wanted{{}, conn(2), cause::requested});
  d.tell(events::disconnect_wanted{{}, conn(2), cause::requested});
  EXPECT_EQ(d.count<actions::close>(), 1U);
  d.tell(events::closed{conn(2), cause::reset});
  EXPECT_EQ(d.manager.next_deadline(), never);
  EXPECT_EQ(d.last(notice::connection_closed).why, cause::requested);
  EXPECT_EQ(d.counters().closed_total, 1U);
}

TEST(closing, a_peer_is_disconnected_with_all_its_connections_and_dials) {
  manager_options options;
  options.max_connections_per_peer = 4;
  driver d(options);
  d.accept(conn(2), peer(1));
  d.tell(events::arrived{conn(4), address()});
  d.tell(events::authenticated{conn(4), peer(1)});
  d.dial(req(1), peer(1), {address()}, dial_mode::additional);
  d.accept(conn(6), peer(2));
  d.tell(events::disconnect_wanted{peer(1), {}, cause::requested});
  EXPECT_EQ(d.count<actions::close>(), 1U);
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::requested);
  d.tell(events::closed{conn(2), cause::remote_closed});
  EXPECT_EQ(d.counters().permits_live, 1U);
  EXPECT_EQ(d.counters().active_connections, 1U);
  EXPECT_EQ(d.counters().failed_total, 0U);
  EXPECT_EQ(d.counters().remembered_peers, 0U);
}

TEST(closing, the_reason_the_peer_gave_is_the_cause) {
  driver d;
  d.accept(conn(2), peer(1));
  d.tell(events::remote_refused{conn(2), cause::shutting_down});
  d.tell(events::closed{conn(2), cause::remote_closed});
  EXPECT_EQ(d.last(notice::connection_closed).why, cause::shutting_down);
}

TEST(traffic, from_the_future_counts_as_of_now) {
  manager_options options;
  options.liveness_interval = 1h;
  driver used(options);
  used.accept(conn(2), peer(1));
  used.run_to(5s);
  used.tell(events::traffic{conn(2), 0, 9, 9, used.now, at(20s)});
  used.run_to(35s - 1ns);
  EXPECT_EQ(used.count<actions::close>(), 0U);
  used.run_to(35s);
  EXPECT_EQ(used.when<actions::close>(), at(35s));

  driver alive;
  alive.accept(conn(2), peer(1));
  alive.run_to(5s);
  alive.tell(events::traffic{conn(2), 0, 9, 0, at(20s), {}});
  alive.run_to(15s - 1ns);
  EXPECT_EQ(alive.count<actions::probe>(), 0U);
  alive.run_to(15s);
  EXPECT_EQ(alive.when<actions::probe>(), at(15s));
}

TEST(closing, a_peer_that_sends_a_reason_and_stays_is_aborted_after_close_linger) {
  driver d;
  d.accept(conn(2), peer(1));
  d.run_to(5s);
  d.tell(events::rtt_sampled{conn(2), 20ms});
  d.tell(events::remote_refused{conn(2), cause::shutting_down, 20s});
  ASSERT_EQ(d.count<actions::close>(), 1U);
  EXPECT_EQ(d.last<actions::close>()->reason,
            cause::remote_closed);  // its own words are not echoed
  EXPECT_EQ(d.last<actions::close>()->retry_after, 0s);
  EXPECT_EQ(d.last<actions::close>()->drain_until, at(6s));
  EXPECT_EQ(d.manager.explain(conn(2), d.now).stage, connection_stage::closing);
  EXPECT_EQ(d.manager.explain(conn(2), d.now).why, cause::shutting_down);
  EXPECT_EQ(d.counters().permits_live, 1U);
  d.tell(events::stream_opened{conn(2)});
  d.app_bytes(conn(2));  // use does not help
  d.run_to(6s - 1ns);
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  d.run_to(6s);
  EXPECT_EQ(d.when<actions::abort>(), at(6s));
  EXPECT_EQ(d.last(notice::connection_closed).why, cause::shutting_down);
  EXPECT_EQ(d.counters().permits_live, 0U);
  d.dial(req(1), peer(1));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::backing_off);
  EXPECT_GE(d.last(notice::dial_failed).until, at(26s));
  EXPECT_LE(d.last(notice::dial_failed).until, at(31s));
}

TEST(closing, a_peer_that_refused_cannot_be_ready_afterwards) {
  driver d;
  d.dial(req(1), peer(1));
  const connection_id c = d.last<actions::start_attempt>()->attempt;
  d.tell(events::attempt_connected{c});
  d.tell(events::authenticated{c, peer(1)});
  d.tell(events::remote_refused{c, cause::limit_reached});
  d.tell(events::ready{c});
  EXPECT_EQ(d.count<actions::abort>(), 1U);
  EXPECT_EQ(d.count(notice::connection_established), 0U);
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::limit_reached);
  EXPECT_EQ(d.counters().permits_live, 0U);
}

TEST(closing, a_peer_that_is_leaving_is_no_connection_to_join) {
  driver d;
  d.accept(conn(2), peer(1));
  d.tell(events::remote_refused{conn(2), cause::idle_timeout});
  d.dial(req(1), peer(1));
  EXPECT_EQ(d.count(notice::dial_succeeded), 0U);
  EXPECT_EQ(d.count<actions::start_attempt>(), 1U);
  const connection_id c = d.connect(peer(1));
  EXPECT_EQ(d.last(notice::dial_succeeded).conn, c);
}

TEST(closing, a_protected_peer_that_sends_a_reason_and_stays_is_redialled) {
  driver d;
  d.tell(events::peer_marked{peer(1), mark::protect});
  d.accept(conn(2), peer(1));
  d.tell(events::rtt_sampled{conn(2), 20ms});
  d.tell(events::remote_refused{conn(2), cause::idle_timeout});
  d.run_to(2s - 1ns);  // close_linger and backoff_base
  EXPECT_EQ(d.count<actions::resolve>(), 0U);
  d.run_to(4s);  // and start_spread
  EXPECT_EQ(d.count<actions::resolve>(), 1U);
}

TEST(traffic, is_summed_until_the_last_event) {
  driver d;
  d.accept(conn(2), peer(1));
  d.tell(events::traffic{conn(2), 10, 20, 5, d.now, d.now});
  d.tell(events::disconnect_wanted{peer(1), {}, cause::requested});
  d.tell(events::traffic{conn(2), 1, 2, 0, d.now, {}});
  EXPECT_EQ(d.counters().bytes_sent, 11U);
  EXPECT_EQ(d.counters().bytes_received, 22U);
}

}  // namespace
}  // namespace tandem::test
