// SPDX-License-Identifier: MIT
// Routers between the nodes: what is shared, what waits, and how far it is.
#include "run/link_table.hpp"
#include "work_support.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace tandem::scenarios {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

scenario of(const std::string& network, const std::string& groups, const std::string& rest,
            const std::string& length = "60s") {
  return parse_scenario(
      "scenario: s\nduration: " + length + "\nnetwork:\n" + network + "groups:\n" + groups + rest,
      "f.yaml");
}

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

#ifdef TANDEM_NS3
// RED draws, and so do the pauses of the cross traffic.
TEST(topology_drawn, runs_twice_alike_with_what_is_drawn_and_otherwise_with_another_seed) {
  const auto what = of(
      "  topology: dumbbell\n  bottleneck: {bandwidth: 2Mbit/s, queue: {red: 64KiB}}\n"
      "  cross_traffic:\n"
      "    - on_off: {from: left, to: right, rate: 1Mbit/s, on: {exponential: 1s}, off: 500ms}\n",
      "  senders: {count: 3, router: left}\n  server: {listen: true, router: right}\n",
      "workload:\n  - stream: {from: senders, to: server, at: 1s, size: 1GB}\n", "20s");
  run_options other;
  other.seed = 2;
  const auto once = run_on(what, "packet").trace_hash;
  EXPECT_EQ(run_on(what, "packet").trace_hash, once);
  EXPECT_NE(run_on(what, "packet", other).trace_hash, once);
}
#endif

INSTANTIATE_TEST_SUITE_P(each, topology, testing::ValuesIn(virtual_levels()),
                         [](const auto& info) { return info.param; });

/// Abilene's three nodes in the west, as Topology Zoo has them; one line says its own delay.
constexpr const char* zoo = R"(<?xml version="1.0" encoding="utf-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key attr.name="LinkSpeedRaw" attr.type="double" for="edge" id="d3" />
  <key attr.name="delay" attr.type="string" for="edge" id="d4" />
  <key attr.name="label" attr.type="string" for="node" id="d2" />
  <key attr.name="Latitude" attr.type="double" for="node" id="d0" />
  <key attr.name="Longitude" attr.type="double" for="node" id="d1" />
  <graph edgedefault="undirected">
    <node id="0"><data key="d2">Seattle</data><data key="d0">47.60621</data><data key="d1">-122.33207</data></node>
    <node id="1"><data key="d2">Sunnyvale</data><data key="d0">37.36883</data><data key="d1">-122.03635</data></node>
    <node id="2"><data key="d2">Los Angeles</data><data key="d0">34.05223</data><data key="d1">-118.24368</data></node>
    <edge source="0" target="1"><data key="d3">10000000000.0</data></edge>
    <edge source="1" target="2"><data key="d4">3 ms</data><data key="d3">8000000</data></edge>
    <edge source="2" target="1"><data key="d4">99</data></edge>
  </graph>
</graphml>
)";

struct graph_file {
  explicit graph_file(const std::string& text) {
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "zoo.graphml") << text;
    std::ofstream(folder / "s.yaml") << R"(scenario: s
duration: 20s
network:
  topology: {from: zoo.graphml}
groups:
  hub: {listen: true, router: Los Angeles}
  peer: {router: Seattle}
workload:
  - dial: {from: peer, to: hub}
expectations:
  - peer.dial_time in [52ms, 53ms]
)";
  }
  ~graph_file() { std::filesystem::remove_all(folder); }
  scenario read() const { return read_scenario((folder / "s.yaml").string()); }
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() /
      ("tandem_graph_" +
       std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) +
       std::to_string(getpid()));
};

// Seattle and Sunnyvale are 1139 km apart: 5.695 ms in glass; and 3 ms: 6 * 8.695 ms, 52.2 ms.
TEST_P(topology, a_graph_of_topology_zoo_has_its_distances_and_rates) {
  const graph_file file(zoo);
  const auto what = file.read();
  const auto& lines = what.routers->made.lines;
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].bandwidth, 10'000'000'000u);
  EXPECT_EQ(lines[1].bandwidth, 8'000'000u);
  EXPECT_NEAR(static_cast<double>(lines[0].latency.count()), 5.695e6, 1e4);
  const auto r = run_on(what, GetParam());
  EXPECT_TRUE(r.ok) << failures_of(r);
}

TEST(graphml, that_cannot_be_read_is_refused_where_it_is_named) {
  const auto said = [](const std::string& text) -> std::string {
    const graph_file file(text);
    try {
      file.read();
    } catch (const bad_input& e) {
      return e.what();
    }
    return "taken";
  };
  EXPECT_THAT(said("<graphml>\n<graph>"), HasSubstr("s.yaml:4:20: line 2 of zoo.graphml: "));
  EXPECT_THAT(said("<gexf/>"), HasSubstr("s.yaml:4:20: `zoo.graphml` has no graph"));
  EXPECT_THAT(said("<graphml><graph><node id='a'/><edge source='a' target='b'/></graph></graphml>"),
              HasSubstr("an edge with the target `b`, which is no node"));
}

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
  const auto red =
      with("  topology: dumbbell\n  bottleneck: {bandwidth: 1Mbit/s, queue: {red: 64KiB}}\n");
  const auto fifo =
      with("  topology: dumbbell\n  bottleneck: {bandwidth: 1Mbit/s, queue: {fifo: 64KiB}}\n");
  const auto crossed = with(
      "  topology: dumbbell\n  bottleneck: {bandwidth: 1Mbit/s}\n"
      "  cross_traffic: [{bulk: {from: left, to: right}}]\n");
  for (const std::string level : {"message", "stream"}) {
    EXPECT_EQ(refusal(red, level),
              "f.yaml:5:49: level " + level +
                  " cannot honour `network.bottleneck.queue.red`: its queues are first in, first "
                  "out; remove it or choose level packet");
    EXPECT_EQ(refusal(fifo, level), "taken");
    EXPECT_EQ(refusal(crossed, level),
              "f.yaml:6:18: level " + level +
                  " cannot honour `network.cross_traffic`: only what nodes send is modelled there, "
                  "not other packets; remove it or choose level packet");
  }
}

#ifdef TANDEM_NS3

/// What a question takes beside two bulk transfers that fill 4 Mbit/s, and its bounds: 40 ms
/// without a queue, and 400 ms more behind a full one.
struct waiting {
  const char* queue;
  const char* median;

  friend std::ostream& operator<<(std::ostream& out, const waiting& w) { return out << w.queue; }
};

class queue_of_a_router : public testing::TestWithParam<waiting> {};

TEST_P(queue_of_a_router, delays_as_its_discipline_lets_it) {
  const auto r = run_on(
      of(std::string("  topology: dumbbell\n"
                     "  bottleneck: {bandwidth: 4Mbit/s, latency: 20ms, queue: ") +
             GetParam().queue + "}\n  cross_traffic: [{bulk: {from: left, to: right, flows: 2}}]\n",
         "  hub: {listen: true, router: left}\n  asks: {router: right}\n",
         std::string("workload:\n"
                     "  - keep_connected: {from: asks, to: hub}\n"
                     "  - request: {from: asks, to: hub, at: 20s, until: 110s, arrivals: {every: "
                     "430ms}, size: 100B, reply: {size: 100B}}\n"
                     "expectations:\n"
                     "  - asks.requests_answered >= 100\n"
                     "  - asks.request_time.p50 in ") +
             GetParam().median + "\n",
         "2m"),
      "packet");
  EXPECT_TRUE(r.ok) << failures_of(r);
}

INSTANTIATE_TEST_SUITE_P(of_each_kind, queue_of_a_router,
                         testing::Values(waiting{"400ms", "[250ms, 460ms]"},
                                         waiting{"{red: 400ms}", "[45ms, 90ms]"},
                                         waiting{"{codel: 400ms}", "[40ms, 120ms]"},
                                         waiting{"{fq_codel: 400ms}", "[40ms, 60ms]"}));

// 3 Mbit/s of UDP payload of 972 bytes, 1002 with headers, in every other second: 2.45 Mbit/s are
// left, of which 1448 bytes of 1502 are payload, 2.37 Mbit/s.
TEST(cross_traffic, that_is_on_and_off_takes_its_part_of_the_line) {
  const auto r = run_on(
      of("  topology: dumbbell\n  bottleneck: {bandwidth: 4Mbit/s, latency: 5ms, queue: 50ms}\n"
         "  cross_traffic:\n"
         "    - on_off: {from: left, to: right, rate: 3Mbit/s, size: 972B, on: 1s, off: 1s}\n",
         "  sender: {router: left}\n  server: {listen: true, router: right}\n",
         "workload:\n"
         "  - dial: {from: sender, to: server}\n"
         "  - stream: {from: sender, to: server, at: 1s, size: 1GB}\n"
         "expectations:\n"
         "  - server.bytes_received rate in [2.25Mbit/s, 2.4Mbit/s] between 10s and 60s\n"),
      "packet");
  EXPECT_TRUE(r.ok) << failures_of(r);
}

#endif

}  // namespace
}  // namespace tandem::scenarios
