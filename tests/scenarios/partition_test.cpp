// SPDX-License-Identifier: MIT
// Partitions of every form and their timeline, at every level of virtual time: what is lost, when
// it comes back, and that nothing else is lost.
#include "fault_support.hpp"

#include <gmock/gmock.h>

namespace tandem::scenarios {
namespace {

TEST(partition, one_way_loses_what_one_side_sends_and_nothing_else) {
  // A lost segment is sent again after a retransmission timeout, which is doubled each time.
  for_each_level(village(R"(
  - dial: {from: a, to: hub}
  - dial: {from: b, to: hub}
  - send: {from: a, to: hub, at: 21s, size: 100B}
  - send: {from: b, to: hub, at: 21s, size: 100B}
  - send: {from: hub, to: a, at: 21s, pick: all, size: 100B}
  - send: {from: hub, to: b, at: 21s, pick: all, size: 100B})",
                         "partition: {from: a, to: hub, one_way: true, at: 20s, for: 2s}", R"(
  - a.messages_received at 21100ms == 2
  - b.messages_received at 21100ms == 2
  - hub.messages_received at 21100ms == 2
  - hub.messages_received at 21999ms == 2
  - hub.messages_received at 27s == 4)"),
                 [](const run_result& r) {
                   EXPECT_EQ(r.faults[0].text, "one-way partition from a to hub from 20s for 2s");
                   EXPECT_EQ(touched(r, 0, touch::connections), 2U);
                   EXPECT_GE(touched(r, 0, touch::packets), 2U);
                 });
}

TEST(partition, one_way_towards_the_dialer_loses_the_answers) {
  for_each_level(village("\n  - dial: {from: a, to: hub, at: 1s}",
                         "partition: {from: hub, to: a, one_way: true, at: 500ms, for: 2s}", R"(
  - a.dial_time in [3060ms, 3075ms])"),
                 [](const run_result& r) {
                   EXPECT_EQ(touched(r, 0, touch::attempts), 2U);
                   EXPECT_GE(touched(r, 0, touch::packets), 4U) << "SYNs at 1 s and 2 s";
                   EXPECT_LE(touched(r, 0, touch::packets), 6U);
                 });
}

TEST(partition, between_two_leaves_the_third_alone) {
  for_each_level(village(R"(
  - dial: {from: a, to: hub, at: 1s}
  - dial: {from: b, to: hub, at: 1s})",
                         "partition: {from: 'a[0]', to: [hub, b], at: 500ms, for: 2s}", R"(
  - 'a[0].dial_time in [3060ms, 3075ms]'
  - 'a[1].dial_time in [60ms, 75ms]'
  - b.dial_time in [60ms, 75ms])"),
                 [](const run_result& r) {
                   EXPECT_EQ(touched(r, 0, touch::attempts), 1U);
                   EXPECT_EQ(touched(r, 0, touch::packets), 2U) << "SYNs at 1 s and 2 s";
                 });
}

TEST(partition, without_to_is_from_all_others_but_not_inside) {
  const std::string text = village(R"(
  - dial: {from: b, to: hub, at: 1s}
  - dial: {from: a, to: hub, at: 1s})",
                                   "partition: {from: [hub, b], at: 500ms, for: 2s}", R"(
  - a.dial_time in [3060ms, 3075ms]
  - b.dial_time in [60ms, 75ms])");
  for_each_level(text);
}

TEST(partition, flaps_until_it_is_over) {
  // SYNs are sent 0, 1 and 3 s after the dial.
  for_each_level(village(R"(
  - dial: {from: 'a[0]', to: hub, at: 1200ms}
  - dial: {from: 'a[1]', to: hub, at: 1700ms}
  - dial: {from: 'b[0]', to: hub, at: 3200ms}
  - dial: {from: 'b[1]', to: hub, at: 4200ms})",
                         "partition: {groups: [hub], at: 1s, for: 500ms, every: 1s, until: 4s}",
                         R"(
  - 'a[0].dial_time in [3060ms, 3075ms]'
  - 'a[1].dial_time in [60ms, 75ms]'
  - 'b[0].dial_time in [1060ms, 1075ms]'
  - 'b[1].dial_time in [60ms, 75ms]'
  - hub.arrivals at 3499ms == 1
  - hub.arrivals == 4)"),
                 [](const run_result& r) {
                   EXPECT_EQ(r.faults[0].times, 3U);
                   EXPECT_EQ(r.faults[0].text,
                             "partition of hub from 1s for 500ms every 1s until 4s");
                 });
}

TEST(partition, that_overlaps_another_ends_when_both_ended) {
  // SYNs at 1.5, 2.5, 4.5 and 8.5 s: the first to end must not heal what the second cuts.
  for_each_level(village("\n  - dial: {from: a, to: hub, at: 1500ms}",
                         "partition: {groups: [hub], at: 1s, until: 3s}\n"
                         "  - partition: {from: a, to: hub, at: 2s, until: 5s}",
                         "\n  - a.dial_time in [7060ms, 7075ms]"));
  for_each_level(village("\n  - dial: {from: a, to: hub, at: 1500ms}",
                         "partition: {groups: [hub], at: 2s, until: 5s}\n"
                         "  - partition: {groups: [hub], at: 1s, until: 3s}",
                         "\n  - a.dial_time in [7060ms, 7075ms]"));
}

TEST(partition, episodes_that_overlap_are_one) {
  for_each_level(
      village("\n  - dial: {from: a, to: hub, at: 1500ms}",
              "partition: {groups: [hub], at: 1s, for: 2s, every: 1500ms, until: 4600ms}",
              "\n  - a.dial_time in [7060ms, 7075ms]"),
      [](const run_result& r) { EXPECT_EQ(r.faults[0].times, 1U); });
}

// When faults began and how long they lasted, as dials at short distances show it.
std::string at_random(const std::string& faults) {
  return "scenario: s\nduration: 1000s\nsample_every: 100s\n"
         "groups: {hub: {listen: true}, a: {}}\nworkload: [dial: {from: a, to: hub}]\n"
         "faults:\n" +
         faults;
}

TEST(partition, comes_at_random_as_often_as_was_said) {
  // Off for 5 s and on for 5 s on average: 100 episodes within 1000 s, standard deviation 7.
  const std::string flap =
      "  - partition: {groups: [hub], poisson: 0.2/s, for: {exponential: 5s}}\n";
  std::vector<std::uint64_t> times;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    run_options options;
    options.seed = seed;
    const auto r = run_on(parse_scenario(at_random(flap), "f.yaml"), "message", options);
    EXPECT_GT(r.faults[0].times, 65U) << seed;
    EXPECT_LT(r.faults[0].times, 135U) << seed;
    times.push_back(r.faults[0].times);
  }
  EXPECT_GT(std::set(times.begin(), times.end()).size(), 1U) << "other seeds, other times";
}

TEST(partition, at_random_has_numbers_of_its_own) {
  const std::string flap =
      "  - partition: {groups: [hub], poisson: 0.2/s, for: {exponential: 5s}}\n";
  const auto alone = run_on(parse_scenario(at_random(flap), "f.yaml"), "message");
  const auto both = run_on(parse_scenario(at_random(flap + flap), "f.yaml"), "message");
  EXPECT_EQ(alone.faults[0].times, both.faults[0].times);
  EXPECT_NE(both.faults[0].times, both.faults[1].times);
}

TEST(partition, that_ends_when_the_next_begins_cuts_all_the_time) {
  for_each_level(village("\n  - dial: {from: a, to: hub, at: 1500ms}",
                         "partition: {groups: [hub], at: 1s, for: 1s, every: 1s, until: 4s}",
                         "\n  - a.dial_time in [3060ms, 3075ms]"),
                 [](const run_result& r) { EXPECT_EQ(touched(r, 0, touch::packets), 4U); });
}

TEST(partition, of_nobody_who_says_anything_is_untested) {
  const auto r = run_on(
      parse_scenario(village("\n  - dial: {from: a, to: hub, at: 1500ms}",
                             "partition: {from: b, to: hub, at: 1s}", "\n  - hub.active == 2"),
                     "f.yaml"),
      "message");
  EXPECT_EQ(r.faults[0].verdict, verdict::untested);
}

}  // namespace
}  // namespace tandem::scenarios
