// SPDX-License-Identifier: MIT
// A run in several threads: the result of one.
#include "run_support.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/scenarios/results.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>

namespace tandem::scenarios {
namespace {

using testing::Contains;
using testing::HasSubstr;

run_result run_in(const scenario& what, unsigned threads, const std::string& level = "message",
                  run_options options = {}) {
  options.threads = threads;
  return run_on(what, level, options);
}

bool had_one_thread(const run_result& r) {
  return std::ranges::any_of(
      r.warnings, [](const auto& line) { return line.starts_with("it had one thread"); });
}

// All but what the clock on the wall says.
void expect_the_same(run_result several, run_result one, const std::string& where) {
  EXPECT_EQ(several.trace_hash, one.trace_hash) << where;
  EXPECT_EQ(several.prints, one.prints) << where;
  EXPECT_EQ(several.invariants, one.invariants) << where;
  several.wall_s = one.wall_s = 0;
  std::erase_if(several.warnings,
                [](const auto& line) { return line.starts_with("it had one thread"); });
  EXPECT_EQ(to_json(std::span(&several, 1)), to_json(std::span(&one, 1))) << where;
  const auto& e = one.event_rows;
  const auto& events = several.event_rows;
  EXPECT_EQ(std::tie(events.time_ns, events.node, events.kind, events.why, events.way,
                     events.connection, events.request, events.peer, events.current, events.limit,
                     events.failures, events.ceiling_ns, events.until_ns, events.dropped),
            std::tie(e.time_ns, e.node, e.kind, e.why, e.way, e.connection, e.request, e.peer,
                     e.current, e.limit, e.failures, e.ceiling_ns, e.until_ns, e.dropped))
      << where;
  EXPECT_EQ(std::tie(several.stages.time_ns, several.stages.node, several.stages.connection,
                     several.stages.stage),
            std::tie(one.stages.time_ns, one.stages.node, one.stages.connection, one.stages.stage))
      << where;
  EXPECT_EQ(several.samples.values, one.samples.values) << where;
  EXPECT_EQ(std::tie(several.series.time_ns, several.series.node, several.series.measure,
                     several.series.value),
            std::tie(one.series.time_ns, one.series.node, one.series.measure, one.series.value))
      << where;
}

void expect_any_number_gives_the_same(const scenario& what, const run_options& options = {}) {
  const auto one = run_in(what, 1, "message", options);
  for (const unsigned threads : {2U, 4U, 32U}) {
    const auto several = run_in(what, threads, "message", options);
    EXPECT_FALSE(had_one_thread(several)) << several.warnings.back();
    expect_the_same(several, one, what.name + " in " + std::to_string(threads));
  }
}

// Ties (whole milliseconds), limits, refusals, holds of any length, ends of all kinds.
const std::string crowd = R"(scenario: crowd
duration: 20s
links: {default: {latency: 20ms, jitter: 5ms}}
groups:
  servers: {count: 3, listen: true, manager: {max_connections: 6, connection_timeout: 2s}}
  peers: {count: 17, listen: true, manager: {max_connections: 8}}
)";

TEST(threads, of_any_number_give_what_one_gives_of_dials_that_are_held) {
  for (const std::string how :
       {"arrivals: {poisson: 20/s}, until: 15s, hold: {exponential: 1s}, pick: random",
        "arrivals: {spread: 10s}, count: 5, hold: {fixed: 10ms}, pick: random",
        "arrivals: {every: 50ms}, until: 10s, hold: {uniform: [1ns, 40ms]}",
        "arrivals: {think: {exponential: 500ms}}, count: 9, hold: 700ms, mode: additional",
        "arrivals: at_once, count: 3, at: 1s", "arrivals: {burst: 7, every: 400ms}, count: 4",
        "arrivals: {poisson: 3/s, per: node}, until: 9s",
        "arrivals: {every: 1s, per: node}, count: 4"})
    expect_any_number_gives_the_same(
        parse_scenario(crowd + "workload:\n  - dial: {from: peers, to: servers, " + how + "}\n" +
                           "expectations: [servers.icn_p2p_active_connections.max == 18, "
                           "peers.dial_time.p99 < 2s]\n",
                       "crowd.yaml"));
}

TEST(threads, give_the_same_of_nodes_that_keep_connected_send_and_die) {
  expect_any_number_gives_the_same(parse_scenario(crowd + R"(workload:
  - keep_connected: {from: peers, to: peers, neighbours: 3}
  - keep_connected: {from: peers, to: servers, arrivals: {every: 100ms}, pause: {exponential: 300ms}}
  - send: {from: peers, to: servers, size: {uniform: [1B, 1000B]}, arrivals: {poisson: 50/s}, until: 18s}
  - restart: {nodes: servers, at: 5s, identity: new, down: {exponential: 100ms}}
  - kill: {nodes: "peers[0..4]", at: 7s}
  - restart: {nodes: "peers[0..4]", at: 9s}
  - disconnect: {from: peers, to: servers, at: 12s}
  - deny: {from: servers, to: peers, at: 14s}
  - dial: {from: "peers[5]", to: servers, at: 14s}
  - shutdown: {nodes: servers, at: 16s}
expectations:
  - peers.dials == 0
  - always peers.missing == 0
  - peers.messages_received == 0
  - peers.sends_refused == 1
)",
                                                  "crowd.yaml"));
}

// Of several nodes that are told something in one moment.
TEST(threads, name_what_broke_an_expectation_by_what_happened_to_its_node) {
  const auto what = parse_scenario(R"(scenario: ties
duration: 2s
groups: {a: {listen: true}, b: {count: 2}}
workload:
  - deny: {from: b, to: a, at: 1s}
  - dial: {from: "b[0]", to: a, at: 1s}
expectations: [b.dials == 0]
)",
                                   "ties.yaml");
  expect_any_number_gives_the_same(what);
  EXPECT_THAT(run_in(what, 2).checks.front().why, HasSubstr("on b[0]: peer_marked"));
}

TEST(threads, keep_as_many_rows_of_events_as_one) {
  run_options few;
  few.events_max = 100;
  expect_any_number_gives_the_same(
      parse_scenario(crowd + "workload:\n  - keep_connected: {from: peers, to: servers}\n",
                     "crowd.yaml"),
      few);
}

TEST(threads, run_on_access_links_regions_and_links_between_groups) {
  expect_any_number_gives_the_same(parse_scenario(R"(scenario: ways
duration: 5s
network:
  regions: {south: {latency: 5ms}, north: {latency: {lognormal: [9ms, 0.5]}}}
  latency: {between: [south, north], one_way: {quantiles: {p0: 30ms, p100: 80ms}}}
links: {between: [{groups: [a, c], latency: {pareto: [7ms, 3]}}]}
groups:
  a: {count: 5, listen: true, region: south, link: {latency: {uniform: [1ms, 4ms]}}}
  b: {count: 1, listen: true, region: north}
  c: {count: 6, listen: true, stale_addresses: {silent: 1}}
workload:
  - keep_connected: {from: a, to: b}
  - keep_connected: {from: c, to: a, neighbours: 2}
)",
                                                  "ways.yaml"));
}

TEST(threads, can_be_told_to_stop) {
  run_options options;
  options.stop = [asked = 0]() mutable { return ++asked > 3; };
  const auto r =
      run_in(parse_scenario(crowd + "workload:\n  - keep_connected: {from: peers, to: servers}\n",
                            "crowd.yaml"),
             2, "message", options);
  EXPECT_TRUE(r.stopped);
  EXPECT_LT(r.reached, std::chrono::seconds(1));
}

TEST(threads, run_on_links_whose_latency_is_drawn_and_say_where_the_least_may_be_none) {
  const auto with = [](const std::string& latency) {
    return parse_scenario("scenario: drawn\nduration: 5s\nlinks: {default: {latency: " + latency +
                              "}}\ngroups: {a: {count: 9, listen: true}}\nworkload:\n"
                              "  - keep_connected: {from: a, to: a, neighbours: 2}\n",
                          "drawn.yaml");
  };
  expect_any_number_gives_the_same(with("{uniform: [3ms, 80ms]}"));
  EXPECT_THAT(run_in(with("{exponential: 30ms}"), 2).warnings,
              Contains("it had one thread: the link within a may have no latency"));
  EXPECT_THAT(run_in(with("0ms"), 2).warnings,
              Contains("it had one thread: the link within a may have no latency"));
}

TEST(threads, are_one_where_something_waits_for_nodes_of_another_and_the_result_says_why) {
  const auto why = [](const std::string& rest, const std::string& level = "message",
                      const std::string& link = "latency: 20ms") {
    const auto what = parse_scenario("scenario: why\nduration: 1s\nlinks: {default: {" + link +
                                         "}}\ngroups: {a: {listen: true}, b: {count: 2}}\n" + rest,
                                     "why.yaml");
    const auto one = run_in(what, 1, level), asked = run_in(what, 2, level);
    EXPECT_EQ(asked.trace_hash, one.trace_hash);
    EXPECT_TRUE(one.warnings.empty());
    return asked.warnings.empty() ? "nothing" : asked.warnings.back();
  };
  const std::string dial = "workload: [{dial: {from: b, to: a}}]\n";
  EXPECT_EQ(why(dial), "nothing");
  EXPECT_THAT(why(dial, "stream"), HasSubstr("level stream has one thread"));
  EXPECT_THAT(why(dial, "message", "latency: 20ms, loss: 1%"),
              HasSubstr("the link between a and b loses packets"));
  EXPECT_THAT(why(dial, "message", "latency: 20ms, bandwidth: 1Mbit/s"),
              HasSubstr("has a bandwidth"));
  EXPECT_THAT(why(dial + "faults: [{partition: {groups: [a], at: 500ms, for: 100ms}}]\n"),
              HasSubstr("`faults` change links"));
  EXPECT_THAT(why("workload: [{dial: {from: b, to: a}}, {request: {from: b, to: a, size: 1kB, "
                  "reply: {size: 1kB}}}]"),
              HasSubstr("`workload.1.request`: what it does at one node follows"));
  EXPECT_THAT(why("workload: [{dial: {from: b, to: a, when: a.dials == 0}}]"),
              HasSubstr("`workload.0.dial`: `when` looks at all nodes"));
  EXPECT_THAT(why("workload: [{send: {from: b, to: a, size: 2kB}}]"),
              HasSubstr("`workload.0.send`: a message of more than 1400 bytes"));
}

TEST(threads, of_every_shipped_scenario_give_what_one_gives) {
  std::size_t side_by_side = 0;
  const auto levels = standard_levels();
  for (const auto& file : shipped_files()) {
    const auto what = read_scenario(file);
    if (what.length > std::chrono::minutes(10)) continue;
    if (!std::ranges::count(checked_levels(what, levels), "message")) continue;
    const auto two = run_in(what, 2);
    if (had_one_thread(two)) continue;
    ++side_by_side;
    expect_the_same(two, run_in(what, 1), what.name);
  }
  EXPECT_GT(side_by_side, 8U);
}

TEST(threads, are_1_to_32) {
  const auto what = parse_scenario(crowd, "crowd.yaml");
  EXPECT_THROW(run_in(what, 0), std::invalid_argument);
  EXPECT_THROW(run_in(what, 33), std::invalid_argument);
}

}  // namespace
}  // namespace tandem::scenarios
