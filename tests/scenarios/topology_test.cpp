// SPDX-License-Identifier: MIT
// Routers between the nodes: what is shared, what waits, and how far it is.
#include "topology_support.hpp"

#include <gmock/gmock.h>

namespace tandem::scenarios {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class topology : public testing::TestWithParam<std::string> {};

// Four transfers of one direction fill 10 Mbit/s: 40 bytes of 1500 (54 of 1502 at packet) are
// headers. A fair share is 2.41 Mbit/s; within a third of it.
TEST_P(topology, a_dumbbell_gives_each_its_share_of_the_bottleneck) {
  const auto r = run_on(
      of("  topology: dumbbell\n"
         "  bottleneck: {bandwidth: 10Mbit/s, latency: 20ms, queue: 100ms}\n",
         "  senders: {count: 4, router: left, link: {latency: 1ms, bandwidth: 100Mbit/s}}\n"
         "  servers: {count: 4, listen: true, router: right, link: {latency: 1ms}}\n",
         "workload:\n"
         "  - dial: {from: senders, to: servers}\n"
         "  - stream: {from: senders, to: servers, at: 1s, size: 1GB}\n"
         "expectations:\n"
         "  - servers.bytes_received rate in [9.6Mbit/s, 9.75Mbit/s] between 10s and 60s\n"
         "  - each servers.bytes_received rate in [1.61Mbit/s, 3.21Mbit/s] between 10s and 60s\n"),
      GetParam());
  EXPECT_TRUE(r.ok) << failures_of(r);
}

// Three round trips of a connect: 2 * (5 + 1 + 2 + 10) ms through the routers of a tree.
TEST_P(topology, a_way_takes_what_its_lines_take) {
  const auto r =
      run_on(of("  topology: {tree: {depth: 2, fanout: 2}}\n"
                "  links:\n    default: {latency: 1ms}\n    between:\n"
                "      - {routers: [root, level1], latency: 5ms}\n"
                "      - {routers: [root, 'level1[1]'], latency: 10ms}\n"
                "      - {routers: ['level1[1]', leaf], latency: 2ms}\n",
                "  hub: {listen: true, router: 'leaf[0]'}\n"
                "  near: {router: 'leaf[1]'}\n"
                "  far: {router: 'leaf[3]', link: {latency: 3ms}}\n"
                "  same: {router: 'leaf[0]', link: {latency: 4ms}}\n",
                "workload:\n  - dial: {from: near, to: hub}\n  - dial: {from: far, to: hub}\n"
                "  - dial: {from: same, to: hub}\n"
                "expectations:\n"
                "  - near.dial_time in [12ms, 12.1ms]\n"
                "  - far.dial_time in [126ms, 126.1ms]\n"
                "  - same.dial_time in [24ms, 24.1ms]\n"),
             GetParam());
  EXPECT_TRUE(r.ok) << failures_of(r);
}

TEST_P(topology, a_star_has_its_nodes_in_equal_parts_at_its_leaves) {
  const auto what = of("  topology: {star: {leaves: 3}}\n  links: {default: {latency: 10ms}}\n",
                       "  hub: {listen: true, router: centre}\n  peers: {count: 6}\n",
                       "workload:\n  - dial: {from: peers, to: hub}\n"
                       "expectations:\n  - each peers.dial_time in [60ms, 60.1ms]\n");
  EXPECT_THAT(what.routers->made.router_of, ElementsAre(0, 1, 1, 2, 2, 3, 3));
  const auto r = run_on(what, GetParam());
  EXPECT_TRUE(r.ok) << failures_of(r);
}

TEST_P(topology, runs_twice_alike) {
  const auto what =
      of("  topology: dumbbell\n  bottleneck: {bandwidth: 2Mbit/s, queue: 50ms}\n",
         "  senders: {count: 3, router: left}\n  server: {listen: true, router: right}\n",
         "workload:\n  - send: {from: senders, to: server, arrivals: {every: 1s}, size: 300kB}\n",
         "20s");
  const auto once = run_on(what, GetParam());
  EXPECT_FALSE(once.trace_hash.empty());
  EXPECT_EQ(once.trace_hash, run_on(what, GetParam()).trace_hash);
}

INSTANTIATE_TEST_SUITE_P(each, topology, testing::ValuesIn(virtual_levels()),
                         [](const auto& info) { return info.param; });

std::string refusal(const scenario& what, const std::string& level) {
  try {
    check_level(what, level_named(standard_levels(), level));
  } catch (const bad_input& e) {
    return e.what();
  }
  return "taken";
}

TEST(level, without_packets_has_queues_that_are_first_in_first_out_and_no_cross_traffic) {
  const auto with = [](const std::string& network) {
    return of(network, "  a: {router: left}\n  b: {listen: true, router: right}\n", "");
  };
  const auto fifo =
      with("  topology: dumbbell\n  bottleneck: {bandwidth: 1Mbit/s, queue: {fifo: 64KiB}}\n");
  const auto crossed = with(
      "  topology: dumbbell\n  bottleneck: {bandwidth: 1Mbit/s}\n"
      "  cross_traffic: [{bulk: {from: left, to: right}}]\n");
  const auto pauses = with(
      "  topology: dumbbell\n  bottleneck: {bandwidth: 1Mbit/s}\n"
      "  cross_traffic: [{on_off: {from: left, to: right, rate: 1Mbit/s}}]\n");
  for (const std::string level : {"message", "stream"}) {
    for (const std::string disc : {"red", "codel", "fq_codel"}) {
      const auto refused = [&](const std::string& at, const std::string& key) {
        return "f.yaml:" + at + ": level " + level + " cannot honour `network." + key + ".queue." +
               disc + "`: its queues are first in, first out; remove it or choose level packet";
      };
      const auto shared = with("  topology: dumbbell\n  bottleneck: {bandwidth: 1Mbit/s, queue: {" +
                               disc + ": 64KiB}}\n");
      EXPECT_EQ(refusal(shared, level),
                refused("5:" + std::to_string(46 + disc.size()), "bottleneck"));
      const auto line =
          of("  topology: {star: {leaves: 2}}\n  links:\n    between:\n"
             "      - {routers: [centre, leaf], bandwidth: 1Mbit/s, queue: {" +
                 disc + ": 64KiB}}\n",
             "  a: {router: leaf}\n  b: {listen: true, router: centre}\n", "");
      EXPECT_EQ(refusal(line, level),
                refused("7:" + std::to_string(65 + disc.size()), "links.between.0"));
    }
    EXPECT_EQ(refusal(fifo, level), "taken");
    EXPECT_THAT(refusal(pauses, level), HasSubstr("f.yaml:6:18: level " + level +
                                                  " cannot honour `network.cross_traffic`"));
    EXPECT_EQ(refusal(crossed, level),
              "f.yaml:6:18: level " + level +
                  " cannot honour `network.cross_traffic`: only what nodes send is modelled there, "
                  "not other packets; remove it or choose level packet");
  }
}

}  // namespace
}  // namespace tandem::scenarios
