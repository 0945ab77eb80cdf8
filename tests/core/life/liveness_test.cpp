// SPDX-License-Identifier: MIT
#include "core/life/liveness.hpp"

#include "core/driver.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

using detail::connection;

connection ready_at(duration t) {
  connection c;
  c.last_use = c.streams_ended = c.last_received = at(t);
  return c;
}

/// SRTT of `rtt` and no variation to speak of.
void settle(connection& c, duration rtt) {
  for (int i = 0; i < 200; ++i) c.rtt.sample(rtt);
}

std::vector<time_point> probes_of(const driver& d) {
  std::vector<time_point> found;
  for (const auto& s : d.log)
    if (std::holds_alternative<actions::probe>(s.what)) found.push_back(s.at);
  return found;
}

/// Keeps a connection alive with other than application bytes, once a second, until it is closed.
void ping_until(driver& d, connection_id c, duration end) {
  while (d.now < at(end) && d.count<actions::close>() == 0) {
    d.run_for(1s);
    if (d.count<actions::close>() == 0) d.other_bytes(c);
  }
}

TEST(idle_deadline, is_connection_timeout_after_the_last_application_byte_when_the_floor_is_lower) {
  connection c = ready_at(5s);
  const liveness_options options;
  settle(c, 20ms);
  EXPECT_EQ(idle_deadline(c, options), at(35s));
  c.last_use = at(9s);
  EXPECT_EQ(idle_deadline(c, options), at(39s));
}

TEST(idle_deadline, is_the_floor_when_that_is_longer) {
  connection c = ready_at(0s);
  liveness_options options;
  c.rtt.sample(2s);  // 2 s + 4 * 1 s
  options.connection_timeout = 18s - 1ns;
  EXPECT_EQ(idle_deadline(c, options), at(18s));
  options.connection_timeout = 18s;
  EXPECT_EQ(idle_deadline(c, options), at(18s));
  options.connection_timeout = 18s + 1ns;
  EXPECT_EQ(idle_deadline(c, options), at(18s + 1ns));
  options.connection_timeout = 1s;
  options.idle_floor_probes = 0;
  EXPECT_EQ(idle_deadline(c, options), at(1s));
}

TEST(idle_deadline, waits_for_the_last_stream_and_then_a_floor_at_most) {
  connection c = ready_at(0s);
  const liveness_options options;
  c.rtt.sample(100ms);  // probe timeout 300 ms, floor 900 ms
  c.streams = 1;
  EXPECT_EQ(idle_deadline(c, options), never);
  c.streams = 0;
  c.streams_ended = at(29100ms);
  EXPECT_EQ(idle_deadline(c, options), at(30s));
  c.streams_ended = at(29100ms + 1ns);
  EXPECT_EQ(idle_deadline(c, options), at(30s + 1ns));
}

TEST(probe_wait, is_liveness_timeout_or_seven_probe_timeouts_when_they_are_longer) {
  connection c = ready_at(0s);
  liveness_options options;
  EXPECT_EQ(probe_wait(c, options), 10s);
  c.rtt.sample(1s);
  EXPECT_EQ(probe_wait(c, options), 21s);
  options.liveness_timeout = 21s + 1ns;
  EXPECT_EQ(probe_wait(c, options), 21s + 1ns);
  options.liveness_timeout = 21s - 1ns;
  EXPECT_EQ(probe_wait(c, options), 21s);
}

TEST(probe_wait, ends_at_a_minute_whatever_the_peer_makes_of_its_answers) {
  connection c = ready_at(0s);
  liveness_options options;
  c.rtt.sample(1h);
  EXPECT_EQ(probe_wait(c, options), 60s);
  options.liveness_timeout = 61s;
  EXPECT_EQ(probe_wait(c, options), 61s);
}

TEST(close_wait, is_close_linger_or_three_probe_timeouts_when_they_are_longer) {
  connection c = ready_at(0s);
  c.arrived = at(0s);
  c.ready_at = at(300ms);
  ending_options options;
  EXPECT_EQ(close_wait(c, options), 3s) << "a probe timeout is a second before the first sample";
  c.ready_at = at(2s);
  EXPECT_EQ(close_wait(c, options), 18s) << "or what the handshake would make it as that";
  c.rtt.sample(500ms);
  EXPECT_EQ(close_wait(c, options), 4500ms);
  options.close_linger = 4500ms + 1ns;
  EXPECT_EQ(close_wait(c, options), 4500ms + 1ns);
  options.close_linger = 1ms;
  EXPECT_EQ(close_wait(c, options), 4500ms);
}

// A trace may say any times: 240 years of handshake, three times which no duration holds.
TEST(waits, have_their_bounds_after_the_longest_handshake) {
  connection c = ready_at(0s);
  c.arrived = at(0s);
  c.ready_at = at(duration::max() - 1ns);
  const ending_options options;
  EXPECT_EQ(close_wait(c, options), 60s);
  EXPECT_EQ(refusal_wait(c, c.ready_at, options), options.handshake_timeout);
  EXPECT_EQ(answer_wait(c, duration::max() / 2), duration::max());
  c.rtt.sample(1s);
  EXPECT_EQ(answer_wait(c, duration::max() / 2), duration::max() / 2);
}

TEST(times, stay_at_the_longest_duration) {
  EXPECT_EQ(times(2s, 3), 6s);
  EXPECT_EQ(times(duration::max() / 3, 3), duration::max() / 3 * 3);
  EXPECT_EQ(times(duration::max() / 3 + 1ns, 3), duration::max());
  EXPECT_EQ(times(duration::max(), 0), 0s);
}

TEST(close_wait, ends_at_a_minute_and_at_close_linger_for_whom_another_takes_the_place) {
  connection c = ready_at(0s);
  ending_options options;
  c.rtt.sample(1h);
  EXPECT_EQ(close_wait(c, options), 60s);
  options.close_linger = 61s;
  EXPECT_EQ(close_wait(c, options), 61s);
  c.victim = true;
  options.close_linger = 2s;
  EXPECT_EQ(close_wait(c, options), 2s);
}

TEST(liveness, finds_a_dead_peer_exactly_at_its_bound) {
  for (const duration interval : {1s, 10s})
    for (const duration timeout : {2s, 10s})
      for (const unsigned misses : {1U, 2U, 5U})
        for (const duration rtt : {20ms, 500ms, 5000ms}) {
          manager_options options;
          options.connection_timeout = 1h;
          options.liveness_interval = interval;
          options.liveness_timeout = timeout;
          options.liveness_misses = misses;
          driver d(options);
          d.accept(conn(2), peer(1));
          d.run_to(500ms);
          d.tell(events::rtt_sampled{conn(2), rtt});  // probe timeout: three times that
          d.other_bytes(conn(2));
          const duration bound =
              interval + misses * std::max(timeout, std::min<duration>(60s, 7 * 3 * rtt));
          d.run_to(500ms + bound - 1ns);
          EXPECT_EQ(d.count<actions::abort>(), 0U);
          EXPECT_EQ(d.count<actions::probe>(), misses);
          d.run_to(1h);
          EXPECT_EQ(d.when<actions::abort>(), at(500ms + bound));
          EXPECT_EQ(d.last<actions::abort>()->reason, cause::liveness_lost);
        }
}

TEST(liveness, probes_an_interval_after_an_answer_even_when_the_timeout_is_longer) {
  manager_options options;
  options.connection_timeout = 1h;
  options.liveness_interval = 1s;
  driver d(options);
  d.accept(conn(2), peer(1));
  d.run_to(1050ms);
  d.other_bytes(conn(2));  // the answer to the probe at 1 s
  d.run_to(2050ms - 1ns);
  EXPECT_EQ(d.count<actions::probe>(), 1U);
  d.run_to(2050ms);
  EXPECT_EQ(probes_of(d), (std::vector{at(1s), at(2050ms)}));
}

TEST(liveness, probes_an_interval_after_a_byte_that_is_told_after_the_probe_it_crossed) {
  manager_options options;
  options.connection_timeout = 1h;
  driver d(options);
  d.accept(conn(2), peer(1));
  d.run_to(10s);  // probed; the next would be due at 20 s
  d.tell(events::traffic{conn(2), 0, 12, 0, at(9s), {}});
  d.run_to(19s - 1ns);
  EXPECT_EQ(d.count<actions::probe>(), 1U);
  d.run_to(19s);
  EXPECT_EQ(probes_of(d), (std::vector{at(10s), at(19s)}));
}

TEST(liveness, counts_from_the_last_byte_in_whatever_order_bytes_are_told) {
  manager_options options;
  options.connection_timeout = 1h;
  driver d(options);
  d.accept(conn(2), peer(1));
  d.run_to(9s);
  d.other_bytes(conn(2));
  d.tell(events::traffic{conn(2), 0, 12, 0, at(3s), {}});
  d.run_to(19s - 1ns);
  EXPECT_EQ(d.count<actions::probe>(), 0U);
  d.run_to(19s);
  EXPECT_EQ(d.when<actions::probe>(), at(19s));
}

/// A connection on which something was said at 1 s, to a peer that is not heard again.
struct speaking : driver {
  speaking() : driver(patient()) {
    accept(conn(2), peer(1));
    run_to(1s);
    say();
  }
  static manager_options patient() {
    manager_options options;
    options.connection_timeout = 1h;
    return options;
  }
  void say() { tell(events::traffic{conn(2), 100, 0, 100, {}, now}); }
};

TEST(liveness, what_the_peer_acknowledges_of_what_was_said_is_life) {
  speaking d;
  for (auto t = 2s; t <= 10min; t += 1s) {
    d.acknowledged = at(t - 500ms);
    d.run_to(t);
  }
  EXPECT_EQ(d.count<actions::probe>(), 0U) << "it was asked before";
  d.acknowledged = at(600s);  // the last that is
  d.run_to(640s - 1ns);
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  EXPECT_EQ(d.count<actions::probe>(), 3U);
  d.run_to(640s);
  EXPECT_EQ(d.last<actions::abort>()->reason, cause::liveness_lost);
}

TEST(liveness, what_is_acknowledged_after_the_last_probe_is_in_time) {
  speaking d;
  d.run_to(39s);
  ASSERT_EQ(d.count<actions::probe>(), 3U);
  d.acknowledged = at(39s);
  d.run_to(40s);
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  d.run_to(79s - 1ns);
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  d.run_to(79s);
  EXPECT_EQ(d.count<actions::abort>(), 1U);
}

TEST(liveness, does_not_ask_what_was_acknowledged_when_nothing_was_said_or_all_has_come) {
  manager_options options = speaking::patient();
  driver quiet(options);
  quiet.accept(conn(2), peer(1));
  quiet.run_to(1s);
  quiet.tell(events::traffic{conn(2), 12, 0, 0, {}, {}});         // a control frame
  quiet.tell(events::traffic{conn(2), 0, 9, 9, at(1s), at(1s)});  // what the peer said
  quiet.run_to(1min);
  EXPECT_EQ(quiet.count<actions::ask_progress>(), 0U);
  EXPECT_EQ(quiet.when<actions::abort>(), at(41s));

  speaking d;
  d.acknowledged = at(1100ms);
  d.more = false;
  d.run_to(1min);
  EXPECT_EQ(d.count<actions::ask_progress>(), 1U);
  EXPECT_EQ(d.when<actions::abort>(), at(41100ms));
}

TEST(liveness, a_driver_that_does_not_answer_stops_no_verdict) {
  speaking d;
  d.answers = false;
  d.run_to(40s - 1ns);
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  EXPECT_EQ(d.count<actions::probe>(), 3U);
  d.run_to(40s + 4ns);  // one for each question
  EXPECT_EQ(d.count<actions::abort>(), 1U);
}

TEST(liveness, numbers_the_probes_of_each_connection_from_one) {
  // 0 is the ping that sessions begin with.
  manager_options options;
  options.connection_timeout = 1h;
  driver d(options);
  d.accept(conn(2), peer(1));
  d.accept(conn(4), peer(2));
  d.run_to(20s);
  std::vector<std::uint32_t> numbers;
  for (const auto& s : d.log)
    if (const auto* probe = std::get_if<actions::probe>(&s.what)) numbers.push_back(probe->nonce);
  EXPECT_EQ(numbers, (std::vector<std::uint32_t>{1, 1, 2, 2}));
}

TEST(liveness, a_byte_that_comes_after_the_verdict_does_not_change_what_is_said) {
  manager_options options;
  options.connection_timeout = 1h;
  driver d(options);
  d.answers = false;
  d.accept(conn(2), peer(1));
  d.run_to(40s);
  ASSERT_EQ(d.count<actions::abort>(), 1U);
  d.other_bytes(conn(2));
  d.tell(events::closed{conn(2), cause::liveness_lost});
  EXPECT_EQ(d.last(notice::connection_closed).why, cause::liveness_lost);
  EXPECT_EQ(d.last(notice::connection_closed).failures, 3U);
}

TEST(liveness, finds_a_peer_whose_last_byte_the_driver_tells_late) {
  // As drivers do: bytes are told with the next step, and a wake-up is one.
  manager_options options;
  options.connection_timeout = 1h;
  options.liveness_interval = 1s;
  driver d(options);
  d.accept(conn(2), peer(1));
  d.run_to(1s);  // probed; the wait is 10 s
  ASSERT_EQ(d.count<actions::probe>(), 1U);
  const time_point last = at(1100ms);
  bool told = false;
  while (d.count<actions::abort>() == 0) {
    const time_point next = d.manager.next_deadline();
    if (next > last && !told) {
      d.now = next;
      d.tell(events::traffic{conn(2), 0, 12, 0, last, {}});
      told = true;
    }
    d.run_to(next.time_since_epoch());
  }
  EXPECT_EQ(d.when<actions::abort>(), last + 1s + 3 * 10s);
}

TEST(liveness, a_shorter_round_trip_brings_the_deadline_forward) {
  manager_options options;
  options.connection_timeout = 1h;
  options.liveness_interval = 1s;
  options.liveness_timeout = 1s;
  options.liveness_misses = 1;
  driver d(options);
  d.accept(conn(2), peer(1));
  d.tell(events::rtt_sampled{conn(2), 1s});  // probe timeout 3 s
  d.run_to(1s);                              // probed, missed at 22 s
  d.tell(events::rtt_sampled{conn(2), 1s});  // 2.5 s
  d.run_to(18500ms - 1ns);
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  d.run_to(18500ms);
  EXPECT_EQ(d.when<actions::abort>(), at(18500ms));
}

TEST(idle, waits_for_three_probe_timeouts_on_a_slow_path) {
  manager_options options;
  options.connection_timeout = 1s;
  driver d(options);
  d.accept(conn(2), peer(1));
  d.tell(events::rtt_sampled{conn(2), 2s});
  d.run_to(18s - 1ns);
  EXPECT_EQ(d.count<actions::close>(), 0U);
  d.run_to(18s);
  EXPECT_EQ(d.when<actions::close>(), at(18s));
  EXPECT_EQ(d.last<actions::close>()->reason, cause::idle_timeout);
}

TEST(idle, is_exactly_the_timeout_where_the_path_is_fast) {
  manager_options options;
  options.connection_timeout = 1s;
  driver d(options);
  d.accept(conn(2), peer(1));
  d.tell(events::rtt_sampled{conn(2), 20ms});  // without a sample the floor is 3 s
  d.run_to(1s - 1ns);
  EXPECT_EQ(d.count<actions::close>(), 0U);
  d.run_to(2s);
  EXPECT_EQ(d.when<actions::close>(), at(1s));
}

TEST(idle, is_not_moved_by_the_end_of_a_stream_whose_last_fin_comes_a_round_trip_later) {
  driver d;
  d.accept(conn(2), peer(1));
  d.tell(events::rtt_sampled{conn(2), 600ms});
  d.run_to(4s);
  d.tell(events::stream_opened{conn(2)});
  d.app_bytes(conn(2), 100);
  d.run_to(4600ms);
  d.other_bytes(conn(2));
  d.tell(events::stream_closed{conn(2)});
  for (auto t = 10s; t < 34s; t += 6s) {
    d.run_to(t);
    d.other_bytes(conn(2));
  }
  d.run_to(60s);
  EXPECT_EQ(d.when<actions::close>(), at(34s));
}

TEST(idle, a_blocked_stream_is_bounded_by_liveness_alone) {
  driver d;
  d.accept(conn(2), peer(1));
  d.tell(events::stream_opened{conn(2)});
  d.app_bytes(conn(2), 1000);
  ping_until(d, conn(2), 600s);
  EXPECT_EQ(d.count<actions::close>(), 0U);
  d.run_for(40s - 1ns);  // the path dies
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  d.run_for(1ns);
  EXPECT_EQ(d.last<actions::abort>()->reason, cause::liveness_lost);
}

TEST(keep_alive, is_probed_and_never_idle) {
  driver d;
  d.tell(events::peer_marked{peer(1), mark::keep_alive});
  d.accept(conn(2), peer(1));
  d.accept(conn(4), peer(2));
  for (auto t = 5s; t <= 3600s; t += 5s) {
    d.run_to(t);
    d.other_bytes(conn(2));
    if (d.count<actions::close>() == 0) d.other_bytes(conn(4));
  }
  EXPECT_EQ(d.count<actions::close>(), 1U);
  EXPECT_EQ(d.last<actions::close>()->conn, conn(4));
  d.run_for(10s);
  EXPECT_EQ(d.when<actions::probe>(), at(3610s));
  d.run_for(30s);
  EXPECT_EQ(d.when<actions::abort>(), at(3640s));
}

TEST(keep_alive, ends_at_its_time) {
  driver d;
  d.accept(conn(2), peer(1));
  d.tell(events::peer_marked{peer(1), mark::keep_alive, true, at(100s)});
  ping_until(d, conn(2), 200s);
  EXPECT_EQ(d.when<actions::close>(), at(100s));

  driver e;
  e.accept(conn(2), peer(1));
  e.tell(events::peer_marked{peer(1), mark::keep_alive, true, at(20s)});
  ping_until(e, conn(2), 200s);
  EXPECT_EQ(e.when<actions::close>(), at(30s)) << "it only ever lengthens";
}

TEST(keep_alive, taken_back_closes_what_was_idle_long_ago) {
  manager_options options;
  options.liveness_interval = 1h;
  driver d(options);
  d.accept(conn(2), peer(1));
  d.tell(events::peer_marked{peer(1), mark::keep_alive});
  d.run_to(50s);
  EXPECT_EQ(d.count<actions::close>(), 0U);
  d.tell(events::peer_marked{peer(1), mark::keep_alive, false});
  d.run_to(50s);
  EXPECT_EQ(d.when<actions::close>(), at(50s));
  EXPECT_EQ(d.last<actions::close>()->reason, cause::idle_timeout);
}

TEST(keep_alive, taken_back_holds_for_every_connection_of_the_peer) {
  manager_options options;
  options.liveness_interval = 1h;
  driver d(options);
  d.tell(events::peer_marked{peer(1), mark::keep_alive});
  d.accept(conn(2), peer(1));
  d.accept(conn(4), peer(1));
  d.run_to(50s);
  d.tell(events::peer_marked{peer(1), mark::keep_alive, false});
  d.run_to(50s);
  EXPECT_EQ(d.count<actions::close>(), 2U);
  EXPECT_EQ(d.when<actions::close>(), at(50s));
}

TEST(keep_alive, leaves_handshakes_their_time) {
  manager_options options;
  options.handshake_timeout = 8s;
  options.liveness_interval = 1s;
  driver d(options);
  d.tell(events::arrived{conn(2), address()});
  d.tell(events::authenticated{conn(2), peer(1)});
  d.tell(events::peer_marked{peer(1), mark::keep_alive});
  d.run_to(8s - 1ns);
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  d.run_to(8s);
  EXPECT_EQ(d.when<actions::abort>(), at(8s));
  EXPECT_EQ(d.last<actions::abort>()->reason, cause::handshake_timeout);
}

}  // namespace
}  // namespace tandem::test
