// SPDX-License-Identifier: MIT
// Nodes that die without a word and come back, at every level of virtual time.
#include "fault_support.hpp"

#include <gmock/gmock.h>

namespace tandem::scenarios {
namespace {

TEST(die, silently_nobody_is_told_and_the_connections_are_lost_by_liveness) {
  // Pings every 30 s, 10 s for each answer: lost at most 40 s after its last byte.
  for_each_level(village(joined + R"(
  - dial: {from: 'a[0]', to: hub, at: 90s, mode: additional}
  - dial: {from: 'a[1]', to: hub, at: 121s, mode: additional})",
                         "die: {nodes: hub, at: 20s, for: 100s}", R"(
  - hub.alive at 19999ms == 1
  - hub.alive at 20001ms == 0
  - hub.alive at 119999ms == 0
  - hub.alive at 120001ms == 1
  - a.closed.LivenessLost at 30s == 0
  - a.closed.LivenessLost at 61s == 2
  - b.closed.LivenessLost at 61s == 2
  - a.closed.Reset == 0
  - {expect: a.dial_failed.ConnectionRefused == 0, allow_untested: what is not refused}
  - 'a[0].dials_succeeded == 1'
  - 'a[1].dial_time.max in [60ms, 75ms]')"),
                 [](const run_result& r) {
                   EXPECT_EQ(r.faults[0].text, "silent death of hub from 20s for 100s");
                   EXPECT_EQ(touched(r, 0, touch::nodes), 1U);
                   EXPECT_EQ(touched(r, 0, touch::connections), 4U);
                   EXPECT_EQ(touched(r, 0, touch::attempts), 1U);
                 });
}

TEST(die, silently_and_back_answers_what_it_does_not_know_with_a_reset) {
  for_each_level(village(joined + "\n  - send: {from: a, to: hub, at: 10s, size: 100B}",
                         "die: {nodes: hub, at: 5s, for: 2s}", R"(
  - a.closed.Reset at 10s == 0
  - a.closed.Reset at 10100ms == 2
  - b.closed.Reset at 10100ms == 0)"));
}

TEST(die, with_a_word_resets_what_was_there_and_refuses_what_comes) {
  for_each_level(
      village(joined + "\n  - dial: {from: a, to: hub, at: 25s}",
              "die: {nodes: hub, silent: false, at: 20s, for: 10s}", R"(
  - a.closed.Reset at 20009ms == 0
  - a.closed.Reset at 20015ms == 2
  - b.closed.Reset == 2
  - hub.connections_lost == 4
  - a.dial_failed.ConnectionRefused at 25100ms == 2)"),
      [](const run_result& r) { EXPECT_EQ(r.faults[0].text, "death of hub from 20s for 10s"); });
}

TEST(die, without_an_end_is_for_good) {
  for_each_level(village(joined, "die: {nodes: hub, at: 20s}", R"(
  - hub.alive == 0
  - a.closed.LivenessLost == 2)"));
}

TEST(die, the_other_way_the_hub_loses_who_left) {
  for_each_level(village(joined, "die: {nodes: [a, 'b[0]'], at: 20s, for: 100s}", R"(
  - hub.closed.LivenessLost at 61s == 3
  - hub.active at 61s == 1
  - a.connections_lost == 2
  - 'b[0].alive at 119s == 0'
  - 'b[0].alive == 1')"),
                 [](const run_result& r) { EXPECT_EQ(touched(r, 0, touch::nodes), 3U); });
}

TEST(die, twice_at_the_same_time_is_over_when_both_are) {
  for (const std::string silent : {"true", "false"})
    for_each_level(
        village(joined,
                "die: {nodes: hub, at: 20s, for: 20s, silent: " + silent +
                    "}\n  - die: {nodes: [hub, a], at: 30s, for: 30s, silent: " + silent + "}",
                R"(
  - hub.alive at 45s == 0
  - hub.alive at 59999ms == 0
  - hub.alive at 60001ms == 1
  - a.alive at 45s == 0
  - a.alive == 2)"),
        [](const run_result& r) {
          EXPECT_EQ(touched(r, 0, touch::nodes), 1U);
          EXPECT_EQ(touched(r, 1, touch::nodes), 2U) << "the hub was dead already";
        });
}

TEST(die, what_the_workload_wants_meanwhile_is_so_afterwards) {
  for_each_level(village(joined + R"(
  - kill: {nodes: 'a[0]', at: 10s}
  - restart: {nodes: 'a[0]', at: 25s}
  - kill: {nodes: 'a[1]', at: 25s}
  - restart: {nodes: 'b[0]', at: 25s, identity: new}
  - kill: {nodes: 'b[1]', at: 10s})",
                         "die: {nodes: [hub, a, b], at: 20s, for: 10s}", R"(
  - 'a[0].alive at 29s == 0'
  - 'a[0].alive at 31s == 1'
  - 'a[1].alive at 31s == 0'
  - 'b[0].alive at 29s == 0'
  - 'b[0].alive at 31s == 1'
  - 'b[1].alive at 31s == 0')"),
                 [](const run_result& r) {
                   EXPECT_EQ(touched(r, 0, touch::nodes), 3U) << "hub, a[1] and b[0]";
                 });
}

TEST(die, again_and_again) {
  for_each_level(
      village("\n  - keep_connected: {from: a, to: hub}",
              "die: {nodes: hub, silent: false, at: 20s, for: 1s, every: 20s, until: 190s}", R"(
  - hub.alive at 40500ms == 0
  - hub.alive at 41500ms == 1
  - a.closed.Reset >= 12
  - hub.active at 59s == 2)"),
      [](const run_result& r) { EXPECT_EQ(r.faults[0].times, 9U); });
}

TEST(die, of_who_is_dead_already_is_untested) {
  const auto r =
      run_on(parse_scenario(village("\n  - kill: {nodes: a, at: 1s}",
                                    "die: {nodes: a, at: 20s, for: 1s}", "\n  - a.alive == 0"),
                            "f.yaml"),
             "message");
  EXPECT_EQ(r.faults[0].verdict, verdict::untested);
}

}  // namespace
}  // namespace tandem::scenarios
