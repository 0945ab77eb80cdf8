// SPDX-License-Identifier: MIT
// Faults and work that begin when something first holds.
#include "fault_support.hpp"

namespace tandem::scenarios {
namespace {

const std::string one_after_the_other = R"(
  - dial: {from: a, to: hub, at: 1s}
  - dial: {from: b, to: hub, at: 5s})";

TEST(when, a_fault_begins_in_the_moment_in_which_it_first_holds) {
  // The hub is ready 50 ms after a dial.
  for_each_level(
      village(one_after_the_other, "die: {nodes: hub, when: hub.active >= 4, for: 2s}", R"(
  - hub.alive at 5049ms == 1
  - hub.alive at 5060ms == 0
  - hub.alive at 7049ms == 0
  - hub.alive at 7060ms == 1)"),
      [](const run_result& r) {
        EXPECT_EQ(r.faults[0].text, "silent death of hub when hub.active >= 4 for 2s");
        EXPECT_EQ(r.faults[0].times, 1U);
      });
}

TEST(when, is_once_however_often_it_holds_again) {
  for_each_level(village("\n  - keep_connected: {from: a, to: hub}",
                         "die: {nodes: hub, silent: false, when: hub.active >= 2, for: 1s}",
                         "\n  - hub.active == 2"),
                 [](const run_result& r) { EXPECT_EQ(r.faults[0].times, 1U); });
}

TEST(when, that_holds_at_the_start_is_the_start) {
  for_each_level(village(one_after_the_other,
                         "partition: {from: a, to: hub, when: hub.alive == 1, for: 1500ms}",
                         "\n  - a.dial_time in [1060ms, 1075ms]"));
}

TEST(when, that_never_holds_is_untested) {
  const auto r =
      run_on(parse_scenario(village(one_after_the_other,
                                    "partition: {from: a, to: hub, when: hub.active >= 5}",
                                    "\n  - hub.active == 4"),
                            "f.yaml"),
             "message");
  EXPECT_EQ(r.faults[0].verdict, verdict::untested);
  EXPECT_EQ(r.faults[0].why, "it never began");
}

TEST(when, work_that_never_began_is_untested) {
  const auto run_with = [&](const std::string& more) {
    return run_on(
        parse_scenario(
            village(one_after_the_other + "\n  - dial: {from: a, to: hub, when: hub.active >= 5" +
                        more + "}\n  - send: {from: a, to: hub, when: hub.active >= 4, size: 9B}",
                    "die: {nodes: hub, at: 100s}", "\n  - hub.active at 99s == 4"),
            "f.yaml"),
        "message");
  };
  const auto r = run_with("");
  EXPECT_EQ(r.verdict, verdict::untested);
  ASSERT_EQ(r.checks.size(), 2U);
  EXPECT_EQ(r.checks[1].text, "workload.2.dial when hub.active >= 5");
  EXPECT_EQ(r.checks[1].verdict, verdict::untested);
  EXPECT_EQ(r.checks[1].why, "it never held, and so nothing of this was done");
  const auto allowed = run_with(", allow_untested: rarely full");
  EXPECT_EQ(allowed.verdict, verdict::ok);
  EXPECT_EQ(allowed.checks[1].why,
            "it never held, and so nothing of this was done, allowed: rarely full");
}

TEST(when, a_mark_begins_in_the_moment_in_which_it_first_holds) {
  for_each_level(village(one_after_the_other + R"(
  - deny: {from: hub, to: b, when: hub.active >= 2}
  - disconnect: {from: a, to: hub, when: hub.active >= 2, every: 10s, for: 25s})",
                         "die: {nodes: hub, at: 100s}", R"(
  - b.active == 0
  - hub.refusals.Denied == 2
  - hub.active at 4s == 0)"));
}

TEST(when, restarts_have_all_keys_of_a_schedule) {
  for_each_level(village(one_after_the_other + R"(
  - restart: {nodes: a, at: 10s, every: 5s, until: 21s}
  - restart: {nodes: b, when: b.active >= 2, arrivals: {every: 2s}, count: 2})",
                         "die: {nodes: hub, at: 100s}", R"(
  - a.kills == 6
  - a.kills at 14s == 2
  - b.kills == 4
  - b.alive == 2)"));
}

TEST(when, calculates_and_looks_at_single_nodes) {
  for_each_level(village(one_after_the_other,
                         "die: {nodes: hub, when: 'a[0].dials + b.dials >= 2', for: 2s}",
                         "\n  - hub.alive at 4999ms == 1\n  - hub.alive at 5001ms == 0"));
}

TEST(when, it_comes_again_from_then_on) {
  for_each_level(
      village(one_after_the_other,
              "partition: {groups: [hub], when: b.dials >= 1, for: 1s, every: 10s, until: 40s}",
              "\n  - b.dial_time in [1060ms, 1075ms]"),
      [](const run_result& r) { EXPECT_EQ(r.faults[0].times, 4U); });
}

TEST(when, work_begins_in_the_moment_in_which_it_first_holds) {
  for_each_level(village(one_after_the_other + R"(
  - send: {from: hub, to: a, pick: all, when: hub.active >= 4, size: 100B}
  - send: {from: hub, to: b, pick: all, when: hub.active >= 4, size: 100B,
           arrivals: {every: 1s}, for: 3s}
  - kill: {nodes: a, when: a.messages_received >= 2})",
                         "die: {nodes: hub, at: 100s}", R"(
  - a.messages_received at 5055ms == 0
  - a.messages_received at 5075ms == 2
  - a.alive == 0
  - b.messages_received at 50s == 8)"));
}

}  // namespace
}  // namespace tandem::scenarios
