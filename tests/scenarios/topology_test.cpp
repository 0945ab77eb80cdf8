// SPDX-License-Identifier: MIT
// Routers between the nodes: what is shared, what waits, and how far it is.
#include "run/link_table.hpp"
#include "topology_support.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace tandem::scenarios {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
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

TEST(graphml, takes_what_the_scenario_says_of_a_line_before_what_the_file_does) {
  const graph_file file(zoo);
  std::ofstream(file.folder / "s.yaml") << R"(scenario: s
duration: 20s
network:
  topology: {from: zoo.graphml}
  links:
    between:
      - {routers: [Seattle, Sunnyvale], latency: 55ms}
groups:
  hub: {listen: true, router: Sunnyvale}
  peer: {router: Seattle}
workload:
  - dial: {from: peer, to: hub}
expectations:
  - peer.dial_time in [330ms, 331ms]
)";
  const auto r = run_on(file.read(), "message");
  EXPECT_TRUE(r.ok) << failures_of(r);
}

TEST(graphml, has_the_queues_of_the_scenario_where_its_lines_have_limits) {
  const auto with = [](const std::string& text) -> std::string {
    const graph_file file(text);
    std::ofstream(file.folder / "s.yaml") << R"(scenario: s
duration: 20s
network:
  topology: {from: zoo.graphml}
  links: {default: {queue: {fq_codel: 100ms}}}
groups:
  hub: {listen: true, router: Sunnyvale}
)";
    try {
      const auto what = file.read();
      for (const auto& line : what.routers->made.lines)
        EXPECT_EQ(line.discipline, sim::queue_discipline::fq_codel);
    } catch (const bad_input& e) {
      return e.what();
    }
    return "taken";
  };
  const std::string limited(zoo);
  EXPECT_EQ(with(limited), "taken");
  auto one_is_not = limited;
  one_is_not.replace(one_is_not.find("<data key=\"d3\">8000000</data>"), 29, "");
  EXPECT_THAT(with(one_is_not),
              EndsWith("s.yaml:5:21: nothing waits for the line from `Sunnyvale` to `Los Angeles`, "
                       "which has no limit: give it a `bandwidth`"));
}

TEST(graphml, says_with_a_key_what_its_nodes_and_edges_have_that_do_not_say) {
  const graph_file file(
      "<graphml><key id='l' for='edge' attr.name='latency'><default>7ms</default></key>"
      "<key id='r' attr.name='bandwidth'><default>1000000</default></key>"
      "<key id='n' for='node' attr.name='delay'><default>9s</default></key>"
      "<graph><node id='Seattle'/><node id='Los Angeles'/><node id='c'/>"
      "<edge source='Seattle' target='Los Angeles'/>"
      "<edge source='Seattle' target='c'><data key='l'>8ms</data></edge></graph></graphml>");
  const auto what = file.read();
  const auto& lines = what.routers->made.lines;
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].latency, std::chrono::milliseconds(7));
  EXPECT_EQ(lines[1].latency, std::chrono::milliseconds(8));
  EXPECT_EQ(lines[0].bandwidth, 1'000'000u);
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
  const auto with = [](const std::string& name, const std::string& value) {
    return "<graphml><key id='k' attr.name='" + name +
           "'/><graph><node id='a'/><node id='b'/><edge source='a' target='b'><data key='k'>" +
           value + "</data></edge></graph></graphml>";
  };
  EXPECT_THAT(
      said(with("latency", "far")),
      EndsWith("s.yaml:4:20: the edge of `zoo.graphml` from node `a` to `b` has the latency "
               "`far`, which is no duration and no number of milliseconds"))
      << "and of routers that are not known for that nothing is said";
  EXPECT_THAT(said(with("bandwidth", "0")),
              EndsWith("s.yaml:4:20: the edge of `zoo.graphml` from node `a` to `b` has the "
                       "bandwidth `0`, which is no rate and no number of bits per second"));
  for (const std::string place : {"47.6N", "91", "north", ""}) {
    auto elsewhere = std::string(zoo);
    elsewhere.replace(elsewhere.find("47.60621"), 8, place);
    EXPECT_THAT(said(elsewhere),
                EndsWith("s.yaml:4:20: the node `Seattle` of `zoo.graphml` has the Latitude `" +
                         place + "`, which is no number of degrees"));
  }
  EXPECT_THAT(said("<graphml><graph><node id='Los Angeles'/><node id='Seattle'/><node id='c'/>"
                   "<edge source='Seattle' target='c'/></graph></graphml>"),
              HasSubstr("no line leads from `Los Angeles` to `Seattle`, where `peer` has nodes"));
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
