// SPDX-License-Identifier: MIT
#include "run/link_table.hpp"
#include "run_support.hpp"
#include "tandem/command/bad_input.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace tandem::scenarios {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

/// Nodes 0 of `near`, 1 and 2 of `far`.
scenario world_with(const std::string& near, const std::string& far, const std::string& more = "") {
  return parse_scenario("scenario: s\nduration: 10s\n" + more + "\ngroups:\n  near: {listen: true" +
                            near + "}\n  far: {count: 2" + far + "}\n",
                        "f.yaml");
}

class network : public testing::TestWithParam<std::string> {};

TEST_P(network, takes_the_access_links_of_both_ends_and_what_lies_between) {
  const auto what = parse_scenario(R"(scenario: s
duration: 5s
groups:
  near: {listen: true, link: {latency: 20ms}}
  far: {link: {latency: 30ms}}
  plain: {}
links: {between: [{groups: [near, far], latency: 10ms}]}
workload:
  - dial: {from: far, to: near}
  - dial: {from: plain, to: near}
expectations:
  - far.dial_time >= 360ms
  - far.dial_time <= 361ms
  - plain.dial_time >= 120ms
  - plain.dial_time <= 121ms
)",
                                   "f.yaml");
  const auto r = run_on(what, GetParam());
  EXPECT_TRUE(r.ok) << failures_of(r);
}

TEST_P(network, of_regions_takes_the_latency_between_them) {
  const auto what = parse_scenario(R"(scenario: s
duration: 5s
network:
  regions: {south: {latency: 5ms}, north: {}}
  latency: {between: [south, north], one_way: 80ms}
groups:
  hub: {listen: true, region: south}
  here: {region: south}
  there: {region: north, link: {latency: 2ms}}
workload:
  - dial: {from: here, to: hub}
  - dial: {from: there, to: hub}
expectations:
  - here.dial_time >= 30ms
  - here.dial_time <= 31ms
  - there.dial_time >= 492ms
  - there.dial_time <= 493ms
)",
                                   "f.yaml");
  const auto r = run_on(what, GetParam());
  EXPECT_TRUE(r.ok) << failures_of(r);
}

// 1 000 000 bit into 1 Mbit/s; acknowledgements, headers and the handshake take the rest.
TEST_P(network, limits_what_comes_into_a_node_too) {
  for (const char* link : {"{up: 100Mbit/s, down: 1Mbit/s}", "{down: 1Mbit/s}"}) {
    const auto what = parse_scenario(R"(scenario: s
duration: 5s
groups:
  slow: {listen: true, link: )" + std::string(link) +
                                         R"(}
  fast: {}
workload:
  - dial: {from: fast, to: slow}
  - send: {from: fast, to: slow, at: 1s, bytes: 125000}
expectations:
  - slow.messages_received at 1990ms == 0
  - slow.messages_received at 2200ms == 1
)",
                                     "f.yaml");
    const auto r = run_on(what, GetParam());
    EXPECT_NE(r.verdict, verdict::failed) << link << failures_of(r);
  }
}

INSTANTIATE_TEST_SUITE_P(level, network, testing::ValuesIn(virtual_levels()),
                         [](const auto& info) { return info.param; });

TEST(link_table, draws_one_latency_for_each_pair_and_another_for_the_next) {
  const auto what = parse_scenario(R"(scenario: s
duration: 10s
groups: {a: {count: 400}}
links: {default: {latency: {lognormal: [80ms, 0.3]}}}
)",
                                   "f.yaml");
  const auto links = link_map_of(what, 1);
  std::vector<duration> all;
  for (sim::host_index i = 1; i < 400; ++i) {
    const duration there = links(0, i).latency;
    EXPECT_EQ(links(0, i).latency, there) << "the same for the next packet";
    EXPECT_EQ(links(i, 0).latency, there) << "and for the answer";
    all.push_back(there);
  }
  std::ranges::sort(all);
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
  // Five standard errors of a median: 5 * 1.25 * 0.3 / sqrt(399) of 80 ms.
  EXPECT_NEAR(static_cast<double>(all[199].count()), 80e6, 7.6e6);
  EXPECT_NE(link_map_of(what, 2)(0, 1).latency, links(0, 1).latency);
}

TEST(link_table, draws_one_latency_for_each_access_link) {
  const auto what = world_with("", ", link: {latency: {uniform: [10ms, 20ms]}}");
  const auto links = link_map_of(what, 1);
  EXPECT_EQ(links(0, 1).latency, links(1, 0).latency);
  EXPECT_NE(links(0, 1).latency, links(0, 2).latency);
  EXPECT_EQ(links(1, 2).latency, links(0, 1).latency + links(0, 2).latency);
}

TEST(link_table, puts_parts_of_a_path_together) {
  const auto what = world_with(", link: {up: 1Mbit/s, down: 8Mbit/s, loss: 10%, queue: 64KiB}",
                               ", link: {bandwidth: 2Mbit/s, loss: 50%, jitter: 4ms}",
                               "links: {default: {loss: 20%, jitter: {normal: [1ms, 1ms]}}}");
  const auto links = link_map_of(what, 1);
  EXPECT_EQ(links(0, 1).bandwidth, 1'000'000u) << "up of the sender";
  EXPECT_EQ(links(0, 1).down_rate(), 2'000'000u) << "down of the receiver";
  EXPECT_EQ(links(1, 0).bandwidth, 2'000'000u);
  EXPECT_EQ(links(1, 0).down_rate(), 8'000'000u);
  EXPECT_NEAR(links(0, 1).loss, 1 - 0.9 * 0.8 * 0.5, 1e-12);
  EXPECT_EQ(links(0, 1).latency, duration{}) << "nothing is said of any";
  EXPECT_EQ(links(0, 1).delays.size(), 2u);
  EXPECT_EQ(links(0, 1).queue->bytes, 65536u);
  EXPECT_EQ(links(1, 0).down_queue->bytes, 65536u);
  EXPECT_FALSE(links(1, 0).queue);
}

TEST(link_table, knows_named_links_and_what_is_said_besides) {
  for (const auto& named : named_links()) {
    const auto what = world_with(", link: " + named.name, "");
    EXPECT_EQ(link_map_of(what, 1)(0, 1).latency.count(), named.spec.latency->quantile(0.5))
        << named.name;
  }
  const auto what = world_with(", link: {like: geo_satellite, loss: 1%}", "");
  EXPECT_EQ(link_map_of(what, 1)(0, 1).latency, milliseconds(325));
  EXPECT_EQ(link_map_of(what, 1)(0, 1).bandwidth, 2'960'000u);
  EXPECT_DOUBLE_EQ(link_map_of(what, 1)(0, 1).loss, 0.01);
}

TEST(regions, read_a_matrix_inline_or_from_a_file) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "regions_matrix";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "m.csv") << "from, a, b\na, 1ms, 40ms\nb, , 2ms # as a to b\n";
  const auto file = (folder / "f.yaml").string();
  const std::string head =
      "scenario: s\nduration: 1s\nnetwork:\n  regions: {a: {}, b: {}}\n"
      "  latency: {matrix: ";
  const std::string tail = "}\ngroups: {x: {region: a}, y: {region: b}}\n";
  for (const std::string matrix : {"m.csv", "{a: {a: 1ms, b: 40ms}, b: {b: 2ms}}"}) {
    const auto s = parse_scenario(head + matrix + tail, file);
    const auto links = link_map_of(s, 1);
    EXPECT_EQ(links(0, 1).latency, milliseconds(40)) << matrix;
    EXPECT_EQ(links(1, 0).latency, milliseconds(40)) << matrix;
    EXPECT_EQ(links(1, 1).latency, milliseconds(2)) << matrix;
  }
  std::ofstream(folder / "m.csv") << "from, a, b\na, 1ms\n";
  try {
    parse_scenario(head + "m.csv" + tail, file);
    FAIL();
  } catch (const bad_input& e) {
    EXPECT_EQ(std::string(e.what()),
              file + ":5:21: line 2 of m.csv has 2 cells, its first line has 3");
  }
  std::filesystem::remove_all(folder);
}

std::string refusal(const std::string& links, const std::string& level) {
  const auto s =
      parse_scenario("scenario: s\nduration: 1s\ngroups: {a: {}, b: {}}\n" + links, "f.yaml");
  try {
    check_level(s, level_named(test_levels(), level));
  } catch (const bad_input& e) {
    return e.what();
  }
  return "taken";
}

TEST(level, refuses_what_only_packets_can_do) {
  for (const std::string level : {"message", "stream"}) {
    EXPECT_EQ(refusal("links: {default: {duplicate: 1%}}\n", level),
              "f.yaml:4:30: level " + level +
                  " cannot honour `links.default.duplicate`: a model of TCP delivers in order and "
                  "once; only packets can do otherwise; remove it or choose level packet");
    EXPECT_EQ(refusal("links: {default: {queue: 64KiB}}\n", level), "taken");
    EXPECT_THAT(refusal("links: {default: {reorder: {part: 1%, by: 5ms}}}\n", level),
                HasSubstr("`links.default.reorder`"));
    EXPECT_THAT(refusal("links: {between: [{groups: [a, b], duplicate: 1%}]}\n", level),
                HasSubstr("`links.between.0.duplicate`"));
    EXPECT_THAT(refusal("links: {default: {loss: {bursty: 1%, mean_burst: 3}}}\n", level),
                HasSubstr("`links.default.loss.bursty`"));
    EXPECT_EQ(refusal("links: {default: lte}\n", level), "taken");
  }
  EXPECT_THAT(refusal("links: {default: lte}\n", "loopback"), HasSubstr("`links.default`"));
  EXPECT_THAT(refusal("network: {regions: {x: {}}}\n", "loopback"), HasSubstr("`network`"));
}

}  // namespace
}  // namespace tandem::scenarios
