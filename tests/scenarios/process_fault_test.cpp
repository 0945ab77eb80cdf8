// SPDX-License-Identifier: MIT
// Processes that stand still, do not read, have no descriptors, or whose clock jumps: the same at
// every level that can honour it.
#include "fault_support.hpp"
#include "tandem/command/bad_input.hpp"

#include <gmock/gmock.h>

namespace tandem::scenarios {
namespace {

std::vector<std::string> stream_levels() {
  auto levels = virtual_levels();
  std::erase(levels, "message");
  return levels;
}

TEST(pause, nothing_is_read_and_nothing_is_done_until_it_is_over) {
  for_each_level(village(joined + R"(
  - send: {from: a, to: hub, at: 25s, size: 100B}
  - send: {from: hub, to: b, at: 30s, pick: all, size: 100B})",
                         "pause: {nodes: hub, at: 20s, for: 15s}", R"(
  - hub.messages_received at 34999ms == 0
  - hub.messages_received at 35001ms == 2
  - b.messages_received at 35009ms == 0
  - b.messages_received at 35015ms == 2
  - hub.active.min == 4 from 2s)"),
                 [](const run_result& r) {
                   EXPECT_EQ(r.faults[0].text, "pause of hub from 20s for 15s");
                   EXPECT_EQ(touched(r, 0, touch::nodes), 1U);
                   EXPECT_EQ(touched(r, 0, touch::connections), 4U);
                 });
}

TEST(pause, tcp_answers_and_the_process_goes_on_where_it_was) {
  // The SYN is answered at once; the header that came 30 ms after the dial waits until 27 s.
  for_each_level(
      village("\n  - dial: {from: a, to: hub, at: 25s}", "pause: {nodes: hub, at: 24s, for: 3s}",
              "\n  - a.dial_time in [2030ms, 2050ms]"),
      [](const run_result& r) { EXPECT_EQ(touched(r, 0, touch::attempts), 2U); });
}

TEST(pause, of_the_dialer_delays_what_it_had_begun) {
  for_each_level(village("\n  - dial: {from: a, to: hub, at: 25s}",
                         "pause: {nodes: a, at: 25010ms, for: 3s}",
                         "\n  - a.dial_time in [3040ms, 3070ms]"));
}

TEST(pause, is_taken_for_death_by_who_waits_too_long) {
  for_each_level(village(joined, "pause: {nodes: hub, at: 20s, for: 100s}", R"(
  - a.closed.LivenessLost at 61s == 2
  - b.closed.LivenessLost at 61s == 2
  - hub.active at 119999ms == 4
  - hub.active at 121s == 0)"));
}

TEST(pause, timers_that_were_due_run_when_it_is_over) {
  for_each_level(village(joined, "pause: {nodes: [hub, a], at: 20s, for: 30s}", R"(
  - hub.closed.IdleTimeout at 49999ms == 0
  - a.closed.IdleTimeout + a.closed.RemoteClosed at 50100ms == 2
  - b.active at 35s == 0)",
                         "connection_timeout: 25s, idle_jitter: 0"));
}

TEST(pause, twice_at_the_same_time_is_over_when_both_are) {
  for_each_level(village(joined + "\n  - send: {from: a, to: hub, at: 21s, size: 100B}",
                         "pause: {nodes: hub, at: 20s, for: 5s}\n"
                         "  - pause: {nodes: [hub, b], at: 22s, for: 10s}",
                         R"(
  - hub.messages_received at 31999ms == 0
  - hub.messages_received at 32001ms == 2)"));
}

TEST(pause, holds_for_a_process_that_is_started_meanwhile) {
  for_each_level(village(joined + R"(
  - restart: {nodes: hub, at: 25s}
  - dial: {from: a, to: hub, at: 30s})",
                         "pause: {nodes: hub, at: 20s, for: 13s}", R"(
  - hub.alive == 1
  - a.dial_time.max in [3030ms, 3150ms])"));
}

TEST(stall_reading, what_comes_waits_and_all_else_goes_on) {
  for_each_level(
      village(joined + R"(
  - send: {from: a, to: hub, at: 25s, size: 100B}
  - send: {from: hub, to: b, at: 25s, pick: all, size: 100B})",
              "stall_reading: {nodes: hub, at: 20s, for: 15s}", R"(
  - b.messages_received at 25100ms == 2
  - hub.messages_received at 34999ms == 0
  - hub.messages_received at 35001ms == 2
  - hub.active.min == 4 from 2s)"),
      [](const run_result& r) {
        EXPECT_EQ(touched(r, 0, touch::connections), 4U);
        EXPECT_EQ(touched(r, 0, touch::nodes), 0U);
      },
      stream_levels());
}

TEST(stall_reading, for_too_long_is_death_to_both_sides) {
  for_each_level(village(joined, "stall_reading: {nodes: hub, at: 20s, for: 100s}", R"(
  - hub.active at 19s == 4
  - hub.active at 65s == 0
  - a.active at 65s == 0
  - hub.closed.LivenessLost + a.closed.LivenessLost + b.closed.LivenessLost >= 4)"),
                 {}, stream_levels());
}

TEST(stall_reading, is_no_matter_of_messages) {
  const auto what =
      parse_scenario(village(joined, "stall_reading: {nodes: hub, at: 20s}", ""), "f.yaml");
  EXPECT_THROW(run_on(what, "message"), bad_input);
}

TEST(descriptors, what_arrives_waits_until_there_are_some) {
  // A listener that failed tries again 100 ms later.
  for_each_level(village(joined + R"(
  - dial: {from: 'a[0]', to: hub, at: 25s, mode: additional}
  - dial: {from: 'a[1]', to: hub, at: 26s, mode: additional}
  - send: {from: b, to: hub, at: 27s, size: 100B})",
                         "descriptors: {nodes: hub, at: 24s, for: 4s}", R"(
  - hub.active at 27999ms == 4
  - 'a[0].dial_time.max in [3030ms, 3150ms]'
  - 'a[1].dial_time.max in [2030ms, 2150ms]'
  - hub.messages_received at 27100ms == 2)"),
                 [](const run_result& r) {
                   EXPECT_EQ(touched(r, 0, touch::attempts), 2U);
                   EXPECT_EQ(touched(r, 0, touch::connections), 0U);
                 });
}

TEST(descriptors, dials_fail_at_once_and_are_a_local_matter) {
  for_each_level(village(R"(
  - dial: {from: a, to: hub, at: 25s}
  - dial: {from: a, to: hub, at: 40s})",
                         "descriptors: {nodes: a, at: 24s, for: 10s}", R"(
  - a.address_attempts at 25001ms >= 2
  - hub.arrivals at 34s == 0
  - a.attempt_failed.LocalResource at 25001ms >= 2
  - a.dials_succeeded at 41s >= 2)"));
}

TEST(descriptors, nobody_who_dials_is_untested) {
  const auto r = run_on(
      parse_scenario(village(joined, "descriptors: {nodes: hub, at: 24s, for: 4s}", ""), "f.yaml"),
      "message");
  EXPECT_EQ(r.faults[0].verdict, verdict::untested);
}

TEST(clock_jump, what_was_due_in_between_is_due_at_once) {
  for_each_level(village(joined, "clock_jump: {nodes: hub, at: 5s, by: 50s}", R"(
  - hub.closed.IdleTimeout at 10900ms == 0
  - hub.closed.IdleTimeout at 11100ms == 4
  - a.active at 10900ms == 2
  - a.active at 11100ms == 0)",
                         "connection_timeout: 60s, idle_jitter: 0"),
                 [](const run_result& r) {
                   EXPECT_EQ(r.faults[0].text, "clock of hub jumps by 50s at 5s");
                   EXPECT_EQ(r.faults[0].times, 1U);
                   EXPECT_EQ(touched(r, 0, touch::nodes), 1U);
                 });
}

// What `tandem swarm` found: an end that was due long before the jump, by the clock that jumped, is
// due at the jump, and takes its time from then on.
TEST(clock_jump, far_beyond_the_idle_timeout_ends_at_once_and_breaks_no_invariant) {
  for (const char* by : {"61s", "2m", "1h"})
    for_each_level(village(joined, std::string("clock_jump: {nodes: hub, at: 10s, by: ") + by + "}",
                           R"(
  - hub.closed.IdleTimeout at 9900ms == 0
  - hub.closed.IdleTimeout at 10200ms == 4)",
                           "connection_timeout: 60s, idle_jitter: 0"));
}

TEST(clock_jump, again_and_again_adds_up) {
  for_each_level(
      village(joined, "clock_jump: {nodes: hub, at: 5s, by: 10s, every: 5s, until: 21s}", R"(
  - hub.closed.IdleTimeout at 20900ms == 0
  - hub.closed.IdleTimeout at 21100ms == 4)",
              "connection_timeout: 60s, idle_jitter: 0"),
      [](const run_result& r) { EXPECT_EQ(r.faults[0].times, 4U); });
}

TEST(clock_jump, moves_no_time_of_the_run) {
  for_each_level(village(R"(
  - dial: {from: a, to: hub, at: 10s}
  - send: {from: a, to: hub, at: 20s, size: 100B}
  - send: {from: hub, to: a, at: 30s, pick: all, size: 100B})",
                         "clock_jump: {nodes: [a, hub], at: 5s, by: 1h}", R"(
  - a.dial_time in [60ms, 75ms]
  - a.active at 10055ms == 0
  - a.active at 11s == 2
  - hub.messages_received at 19999ms == 0
  - hub.messages_received at 20100ms == 2
  - a.messages_received at 30100ms == 2
  - a.round_trip in [20ms, 25ms])"));
}

// Real sockets and real time: what must not have happened yet cannot have, however slow it is.
std::string at_loopback(const std::string& fault, const std::string& expectations) {
  return R"(scenario: s
levels: [loopback]
duration: 3s
groups:
  hub: {listen: true, manager: {connection_timeout: 1h}}
  a: {count: 2, manager: {connection_timeout: 1h, start_spread: 0s}}
workload:
  - dial: {from: a, to: hub}
  - send: {from: a, to: hub, at: 600ms, size: 100B}
  - dial: {from: a, to: hub, at: 600ms, mode: additional}
faults:
  - )" + fault +
         "\nexpectations:" + expectations + "\n";
}

TEST(process_faults, are_honoured_on_real_sockets) {
  for (const auto& [fault, expectations] : {
           std::pair("pause: {nodes: hub, at: 500ms, for: 800ms}",
                     "\n  - hub.messages_received at 1290ms == 0\n  - hub.messages_received == 2"
                     "\n  - hub.active at 1290ms == 2\n  - hub.active == 4"),
           std::pair("stall_reading: {nodes: hub, at: 500ms, for: 800ms}",
                     "\n  - hub.messages_received at 1290ms == 0\n  - hub.messages_received == 2"),
           std::pair("descriptors: {nodes: hub, at: 500ms, for: 800ms}",
                     "\n  - hub.active at 1290ms == 2\n  - hub.active == 4"),
           std::pair("clock_jump: {nodes: hub, at: 2s, by: 2h}",
                     "\n  - hub.closed.IdleTimeout == 4"),
       })
    for_each_level(at_loopback(fault, expectations), {}, {"loopback"});
}

}  // namespace
}  // namespace tandem::scenarios
