// SPDX-License-Identifier: MIT
// Routers that a GraphML file names.
#include "topology_support.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace tandem::scenarios {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

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

class graphml_at : public testing::TestWithParam<std::string> {};

// Seattle and Sunnyvale are 1139 km apart: 5.695 ms in glass; and 3 ms: 6 * 8.695 ms, 52.2 ms.
TEST_P(graphml_at, a_graph_of_topology_zoo_has_its_distances_and_rates) {
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

// Of a square with both diagonals: from a to c are two ways of 8 ms through another router, of
// which the first in the file is fast, and a line of 9 ms; from b to d are a line of 8 ms and two
// ways of as much. Any other choice meets a line that has 5 ms to send 60 bytes. 6 * 8 ms.
TEST_P(graphml_at, a_graph_with_cycles_has_the_routes_that_the_page_promises) {
  const graph_file file(R"(<graphml>
<key id='d' for='edge' attr.name='delay'/><key id='b' for='edge' attr.name='bandwidth'/>
<graph><node id='a'/><node id='b'/><node id='c'/><node id='d'/>
<edge source='a' target='b'><data key='d'>4</data></edge>
<edge source='b' target='c'><data key='d'>4</data></edge>
<edge source='a' target='d'><data key='d'>4</data><data key='b'>100000</data></edge>
<edge source='d' target='c'><data key='d'>4</data><data key='b'>100000</data></edge>
<edge source='a' target='c'><data key='d'>9</data></edge>
<edge source='b' target='d'><data key='d'>8</data></edge>
</graph></graphml>)");
  std::ofstream(file.folder / "s.yaml") << R"(scenario: s
duration: 20s
network:
  topology: {from: zoo.graphml}
groups:
  hub: {listen: true, router: c}
  other_hub: {listen: true, router: d}
  peer: {router: a}
  other_peer: {router: b}
workload:
  - dial: {from: peer, to: hub}
  - dial: {from: other_peer, to: other_hub}
expectations:
  - peer.dial_time in [48ms, 48.1ms]
  - other_peer.dial_time in [48ms, 48.1ms]
)";
  const auto r = run_on(file.read(), GetParam());
  EXPECT_TRUE(r.ok) << failures_of(r);
}

INSTANTIATE_TEST_SUITE_P(each, graphml_at, testing::ValuesIn(virtual_levels()),
                         [](const auto& info) { return info.param; });

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

TEST(graphml, of_which_something_is_left_out_says_what_with_its_place) {
  EXPECT_THAT(graph_file(zoo).read().warnings, ElementsAre());
  const graph_file file(
      "<graphml><key id='l' for='edge' attr.name='latencey'><default>7ms</default></key>"
      "<key id='c' for='node' attr.name='Country'/><key id='y' for='node' yfiles.type='shape'/>"
      "<key id='u' for='node' attr.name='unused'/><key id='d' "
      "attr.name='delay'><default>1</default></key>"
      "<graph><node id='Seattle'><data key='c'>US</data><data key='y'/><data "
      "key='delay'>3</data></node>"
      "<node id='Los Angeles'/><edge source='Seattle' target='Los Angeles'/></graph></graphml>");
  EXPECT_THAT(
      file.read().warnings,
      ElementsAre(
          (file.folder / "s.yaml").string() +
          ":4:20: nothing is made of these attributes of `zoo.graphml`: `Country` of nodes, "
          "`delay` of nodes, `latencey` of edges, `y` of nodes; taken are label, "
          "Latitude, Longitude of nodes, LinkSpeedRaw, bandwidth, latency, delay of edges"));
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

}  // namespace
}  // namespace tandem::scenarios
