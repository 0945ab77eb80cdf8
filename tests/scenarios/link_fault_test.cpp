// SPDX-License-Identifier: MIT
// Links that are others for a while, at every level of virtual time.
#include "fault_support.hpp"
#include "tandem/command/bad_input.hpp"

#include <gmock/gmock.h>

namespace tandem::scenarios {
namespace {

// A dial each 5 s, ready after three round trips.
const std::string dials = R"(
  - dial: {from: 'a[0]', to: hub, at: 5s}
  - dial: {from: 'a[1]', to: hub, at: 15s}
  - dial: {from: 'b[0]', to: hub, at: 25s}
  - dial: {from: 'b[1]', to: hub, at: 35s})";

TEST(link_fault, latency_is_another_for_a_while_and_then_what_it_was) {
  for_each_level(village(dials, "link: {nodes: hub, at: 10s, for: 20s, latency: 200ms}", R"(
  - 'a[0].dial_time in [60ms, 75ms]'
  - 'a[1].dial_time in [1200ms, 1215ms]'
  - 'b[0].dial_time in [1200ms, 1215ms]'
  - 'b[1].dial_time in [60ms, 75ms]')"),
                 [](const run_result& r) {
                   EXPECT_EQ(r.faults[0].text, "other links of hub from 10s for 20s");
                   EXPECT_EQ(touched(r, 0, touch::connections), 1U);
                   EXPECT_EQ(touched(r, 0, touch::attempts), 2U);
                   EXPECT_GE(touched(r, 0, touch::packets), 12U);
                 });
}

TEST(link_fault, of_one_way_is_half_of_a_round_trip) {
  for_each_level(
      village(dials, "link: {nodes: a, one_way: true, at: 10s, for: 20s, latency: 200ms}", R"(
  - 'a[1].dial_time in [630ms, 645ms]'
  - 'b[0].dial_time in [60ms, 75ms]')"));
  for_each_level(
      village(dials, "link: {between: [hub, a], one_way: true, at: 10s, latency: 200ms}", R"(
  - 'a[0].dial_time in [60ms, 75ms]'
  - 'a[1].dial_time in [630ms, 645ms]'
  - 'b[0].dial_time in [60ms, 75ms]')"));
}

TEST(link_fault, between_two_leaves_the_third_alone) {
  for_each_level(village(dials, "link: {between: [a, hub], at: 1s, latency: 200ms}", R"(
  - a.dial_time in [1200ms, 1215ms]
  - b.dial_time in [60ms, 75ms])"));
}

TEST(link_fault, latency_that_is_drawn_is_one_of_each_pair) {
  for_each_level(
      village(dials, "link: {nodes: hub, at: 1s, latency: {uniform: [100ms, 200ms]}}", R"(
  - {expect: 'a.dial_time in [600ms, 1215ms]', allow_untested: it is drawn}
  - {expect: 'b.dial_time in [600ms, 1215ms]', allow_untested: it is drawn}
  - a.dial_time.max - a.dial_time.min > 1ms)"));
}

TEST(link_fault, of_several_the_later_entry_decides_while_it_is_on) {
  for_each_level(village(dials,
                         "link: {nodes: hub, at: 10s, until: 30s, latency: 100ms}\n"
                         "  - link: {nodes: a, at: 1s, until: 20s, latency: 200ms}",
                         R"(
  - 'a[0].dial_time in [1200ms, 1215ms]'
  - 'a[1].dial_time in [1200ms, 1215ms]'
  - 'b[0].dial_time in [600ms, 615ms]'
  - 'b[1].dial_time in [60ms, 75ms]')"));
}

TEST(link_fault, of_what_is_not_given_nothing_changes) {
  // 80 kbit/s out of the hub: 10 000 bytes take a second there, and no time the other way.
  for_each_level(village(R"(
  - dial: {from: a, to: hub, at: 1s}
  - send: {from: hub, to: 'a[0]', at: 10s, size: 10000B}
  - send: {from: 'a[1]', to: hub, at: 10s, size: 10000B})",
                         "link: {nodes: hub, at: 5s, for: 15s, up: 80kbit/s}", R"(
  - a.messages_received at 10900ms == 0
  - a.messages_received at 11500ms == 1
  - hub.messages_received at 10200ms == 1)"));
  for_each_level(village(R"(
  - dial: {from: a, to: hub, at: 1s}
  - send: {from: hub, to: 'a[0]', at: 10s, size: 10000B}
  - send: {from: 'a[1]', to: hub, at: 10s, size: 10000B})",
                         "link: {nodes: hub, at: 5s, for: 15s, down: 80kbit/s}", R"(
  - a.messages_received at 10200ms == 1
  - hub.messages_received at 10900ms == 0
  - hub.messages_received at 11500ms == 1)"));
}

TEST(link_fault, like_a_named_link_has_all_of_it) {
  for_each_level(village(dials, "link: {nodes: hub, at: 10s, for: 20s, like: geo_satellite}", R"(
  - 'a[0].dial_time in [60ms, 75ms]'
  - 'a[1].dial_time in [1950ms, 2000ms]'
  - 'b[1].dial_time in [60ms, 75ms]')"));
}

TEST(link_fault, loses_packets_while_it_is_on_and_none_afterwards) {
  // 2 x 61 messages; of each a part arrives late when its segment is lost.
  const std::string work = R"(
  - dial: {from: a, to: hub, at: 1s}
  - send: {from: a, to: hub, at: 10s, until: 70s, arrivals: {every: 1s, per: node}, size: 100B}
  - send: {from: a, to: hub, at: 90s, until: 150s, arrivals: {every: 1s, per: node}, size: 100B})";
  for_each_level(village(work, "link: {nodes: a, at: 5s, until: 80s, loss: 20%}", R"(
  - hub.messages_received at 89s == 122
  - hub.messages_received at 150100ms == 244)"),
                 [](const run_result& r) { EXPECT_GE(touched(r, 0, touch::packets), 120U); });
}

TEST(link_fault, bursts_and_disorder_are_for_packets) {
  for (const std::string change : {"loss: {bursty: 10%, mean_burst: 5}",
                                   "reorder: {part: 10%, by: 50ms}", "duplicate: 10%"}) {
    const auto what =
        parse_scenario(village(dials, "link: {nodes: a, at: 1s, " + change + "}", ""), "f.yaml");
    EXPECT_EQ(levels_of(what, test_levels()).size(), virtual_levels().size() - 2) << change;
    EXPECT_THROW(run_on(what, "message"), bad_input) << change;
    EXPECT_THROW(run_on(what, "stream"), bad_input) << change;
  }
}

}  // namespace
}  // namespace tandem::scenarios
