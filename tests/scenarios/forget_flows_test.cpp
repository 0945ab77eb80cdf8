// SPDX-License-Identifier: MIT
// NATs that forget: old connections lose everything both ways, new ones pass.
#include "fault_support.hpp"

namespace tandem::scenarios {
namespace {

TEST(forget_flows, old_connections_lose_all_both_ways_and_new_ones_pass) {
  for_each_level(village(joined + R"(
  - send: {from: a, to: hub, at: 21s, size: 100B}
  - send: {from: hub, to: a, at: 21s, pick: all, size: 100B}
  - send: {from: b, to: hub, at: 21s, size: 100B}
  - dial: {from: a, to: hub, at: 25s, mode: additional})",
                         "forget_flows: {nodes: a, at: 20s}", R"(
  - a.messages_received == 0
  - hub.messages_received == 2
  - a.dial_time.max in [60ms, 75ms]
  - a.closed.LivenessLost at 20s == 0
  - a.closed.LivenessLost at 65s == 2
  - hub.closed.LivenessLost at 65s == 2
  - {expect: a.closed.Reset == 0, allow_untested: nobody is told}
  - b.active == 2)"),
                 [](const run_result& r) {
                   EXPECT_EQ(r.faults[0].text, "forgotten flows of a at 20s");
                   EXPECT_EQ(touched(r, 0, touch::connections), 2U);
                   EXPECT_EQ(r.faults[0].times, 1U);
                 });
}

TEST(forget_flows, again_it_forgets_what_came_since) {
  for_each_level(village(joined + R"(
  - dial: {from: a, to: hub, at: 25s, mode: additional})",
                         "forget_flows: {nodes: hub, at: 20s, every: 10s, until: 40s}", R"(
  - hub.active at 29s >= 2
  - hub.closed.LivenessLost at 75s == 6
  - hub.active == 0)"),
                 [](const run_result& r) { EXPECT_EQ(r.faults[0].times, 2U); });
}

TEST(forget_flows, a_dial_on_its_way_is_sent_again_and_known) {
  // The answer to the first SYN is of a flow that nobody knows; the SYN 1 s later makes it known.
  for_each_level(village("\n  - dial: {from: a, to: hub, at: 1s}",
                         "forget_flows: {nodes: a, at: 1005ms}",
                         "\n  - a.dial_time in [1060ms, 1075ms]"));
}

}  // namespace
}  // namespace tandem::scenarios
