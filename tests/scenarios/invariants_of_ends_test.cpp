// SPDX-License-Identifier: MIT
// Every built-in invariant of the end of a connection breaks when what it forbids is told to the
// ledger.
#include "ledger_support.hpp"

namespace tandem::scenarios {
namespace {

// The timeout is 30 s and up to 5 % of jitter; what was closed drains for three probe timeouts.
TEST_F(ledger, a_connection_idle_beyond_timeout_linger_and_patience_breaks) {
  tell(notice::connection_established, 1);
  under_test.on_event(0, {}, events::rtt_sampled{connection_id{1}, 20ms});
  under_test.on_event(0, time_point(5s), used_at(5s));
  under_test.finish(time_point(5s + 31500ms + 3s + 1s));
  EXPECT_EQ(broken(), names{});
  under_test.finish(time_point(5s + 31500ms + 3s + 1s + 1ns));
  EXPECT_EQ(broken(), names{"no connection outlives its idle timeout"});
}

TEST_F(ledger, what_was_used_and_not_flushed_at_the_end_is_used) {
  tell(notice::connection_established, 1);
  place.moved = std::get<events::traffic>(used_at(60s));
  under_test.finish(time_point(90s));
  EXPECT_EQ(broken(), names{});
}

TEST_F(ledger, a_connection_with_an_open_stream_is_not_idle) {
  tell(notice::connection_established, 1);
  under_test.on_event(0, {}, events::rtt_sampled{connection_id{1}, 20ms});
  under_test.on_event(0, {}, events::stream_opened{connection_id{1}});
  under_test.on_event(0, {}, events::stream_opened{connection_id{1}});
  under_test.on_event(0, {}, events::stream_closed{connection_id{1}});
  hear(1, 300s);
  under_test.finish(time_point(300s));
  EXPECT_EQ(broken(), names{});
  under_test.on_event(0, time_point(100s), events::stream_closed{connection_id{1}});
  under_test.finish(time_point(100s + 3s + 3s + 1s));
  EXPECT_EQ(broken(), names{}) << "three probe timeouts, the linger and the patience";
  under_test.finish(time_point(100s + 3s + 3s + 1s + 1ms));
  EXPECT_EQ(broken(), names{"no connection outlives its idle timeout"});
}

// SRTT + 4 RTTVAR of one sample of 5 s: 15 s, three of which are the floor.
TEST_F(ledger, a_connection_may_be_idle_for_three_probe_timeouts) {
  tell(notice::connection_established, 1);
  under_test.on_event(0, {}, events::rtt_sampled{connection_id{1}, 5s});
  under_test.on_event(0, {}, events::rtt_sampled{connection_id{1}, 1ms});
  under_test.finish(time_point(45s + 45s + 1s));
  EXPECT_EQ(broken(), names{});
  under_test.on_event(0, {}, events::rtt_sampled{connection_id{1}, 1h});
  hear(1, 180s);
  under_test.finish(time_point(180s + 60s + 1s));
  EXPECT_EQ(broken(), names{}) << "a probe timeout is a minute at most";
  under_test.finish(time_point(180s + 60s + 1s + 1ms));
  EXPECT_EQ(broken(), names{"no connection outlives its idle timeout"});
}

TEST_F(ledger, a_connection_closed_for_idleness_too_late_breaks) {
  tell(notice::connection_established, 1);
  under_test.on_event(0, {}, events::rtt_sampled{connection_id{1}, 20ms});
  tell(notice::connection_closed, 1, cause::idle_timeout, time_point(31500ms + 3s + 1s));
  tell(notice::connection_established, 3);
  under_test.on_event(0, {}, events::rtt_sampled{connection_id{3}, 20ms});
  EXPECT_EQ(broken(), names{});
  tell(notice::connection_closed, 3, cause::idle_timeout, time_point(31500ms + 3s + 1s + 1ns));
  EXPECT_EQ(broken(), names{"no connection outlives its idle timeout"});
}

TEST_F(ledger, a_connection_in_use_that_ends_as_idle_breaks) {
  tell(notice::connection_established, 1);
  under_test.on_event(0, time_point(5s), used_at(5s));
  close(1, cause::idle_timeout, 35s);
  EXPECT_EQ(broken(), names{});
  tell(notice::connection_established, 3);
  close(3, cause::idle_timeout, 30s - 1ns);
  EXPECT_EQ(broken(), names{"no connection in use ends as idle"});
}

TEST_F(ledger, a_connection_with_an_open_stream_that_ends_as_idle_breaks) {
  tell(notice::connection_established, 1);
  under_test.on_event(0, {}, events::stream_opened{connection_id{1}});
  hear(1, 50s);
  close(1, cause::requested, 50s);
  EXPECT_EQ(broken(), names{});
  tell(notice::connection_established, 3);
  under_test.on_event(0, {}, events::stream_opened{connection_id{3}});
  hear(3, 50s);
  close(3, cause::idle_timeout, 50s);
  EXPECT_EQ(broken(), names{"no connection in use ends as idle"});
}

/// Probed after 10 s; three probes of 10 s each; a second of patience.
class silent : public ledger {
 protected:
  silent() {
    options().connection_timeout = 1h;
    tell(notice::connection_established, 1);
  }
  names stays{"no connection outlives the silence of its peer"};
};

TEST_F(silent, peers_connection_that_stays_breaks) {
  under_test.finish(time_point(41s));
  EXPECT_EQ(broken(), names{});
  under_test.finish(time_point(41s + 1ns));
  EXPECT_EQ(broken(), stays);
}

TEST_F(silent, is_nobody_who_was_heard) {
  hear(1, 20s);
  under_test.on_event(0, time_point(30s), used_at(30s));
  under_test.on_event(0, time_point(40s),
                      events::progressed{connection_id{1}, time_point(35s), false});
  under_test.finish(time_point(81s));
  EXPECT_EQ(broken(), names{});
  under_test.finish(time_point(81s + 1ns));
  EXPECT_EQ(broken(), stays);
}

TEST_F(silent, peers_connection_ends_in_time_whatever_ends_it) {
  tell(notice::connection_established, 3);
  close(1, cause::liveness_lost, 41s);
  tell(notice::connection_closed, 1, cause::liveness_lost, time_point(90s));  // it drained
  EXPECT_EQ(broken(), names{});
  tell(notice::connection_closed, 3, cause::reset, time_point(41s + 1ns));
  EXPECT_EQ(broken(), stays);
}

TEST_F(silent, is_waited_for_as_long_as_its_round_trips_need) {
  under_test.on_event(0, {}, events::rtt_sampled{connection_id{1}, 1s});  // a timeout of 3 s
  under_test.finish(time_point(10s + 3 * 21s + 1s));
  EXPECT_EQ(broken(), names{});
  under_test.finish(time_point(10s + 3 * 21s + 1s + 1ms));
  EXPECT_EQ(broken(), stays);
}

TEST_F(silent, is_nobody_to_a_node_that_stands_still) {
  under_test.on_suffering(0, time_point(20s), {.stands = true});
  under_test.finish(time_point(300s));
  under_test.on_suffering(0, time_point(300s), {});
  under_test.finish(time_point(341s));
  EXPECT_EQ(broken(), names{});
  under_test.finish(time_point(341s + 1ns));
  EXPECT_EQ(broken(), stays);
}

}  // namespace
}  // namespace tandem::scenarios
