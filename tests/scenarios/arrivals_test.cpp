// SPDX-License-Identifier: MIT
// When the nodes of a workload have their turns, and which nodes those are.
#include "work_support.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

namespace tandem::scenarios {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::string dial(const std::string& with) {
  return "  - dial: {mode: additional, to: server, " + with + "}\n";
}
moments dials_of(const std::string& with, int clients = 4) {
  return dials(run_of(crowd(dial(with), clients)));
}

TEST(arrivals, come_at_once_unless_told_otherwise) {
  const moments once{{5000, 1}, {5000, 2}, {5000, 3}, {5000, 4}};
  EXPECT_EQ(dials_of("from: clients, at: 5s"), once);
  EXPECT_EQ(dials_of("from: clients, at: 5s, arrivals: at_once"), once);
}

TEST(arrivals, of_all_together_let_the_nodes_take_turns) {
  EXPECT_THAT(dials_of("from: clients, at: 1s, arrivals: {every: 2s}"),
              ElementsAre(Pair(1000, 1), Pair(3000, 2), Pair(5000, 3), Pair(7000, 4)));
}

TEST(arrivals, of_each_node_come_for_every_one_of_them) {
  EXPECT_THAT(dials_of("from: clients, arrivals: {every: 2s, per: node}, count: 2", 2),
              ElementsAre(Pair(0, 1), Pair(0, 2), Pair(2000, 1), Pair(2000, 2)));
  EXPECT_THAT(dials_of("from: clients, at: 10s, arrivals: {every: 40s, per: node}", 1),
              ElementsAre(Pair(10000, 1), Pair(50000, 1), Pair(90000, 1)))
      << "as long as the run lasts";
}

TEST(arrivals, in_bursts_come_so_many_at_once) {
  EXPECT_THAT(dials_of("from: clients, arrivals: {burst: 3, every: 10s}, count: 2", 2),
              ElementsAre(Pair(0, 1), Pair(0, 2), Pair(0, 1), Pair(10000, 2)));
  EXPECT_THAT(dials_of("from: clients, arrivals: {burst: 2, every: 10s, per: node}, count: 3", 1),
              ElementsAre(Pair(0, 1), Pair(0, 1), Pair(10000, 1)));
}

TEST(arrivals, end_with_until_or_for) {
  const moments three{{5000, 1}, {6000, 2}, {7000, 1}};
  EXPECT_EQ(dials_of("from: clients, at: 5s, until: 7s, arrivals: {every: 1s}", 2), three);
  EXPECT_EQ(dials_of("from: clients, at: 5s, for: 2s, arrivals: {every: 1s}", 2), three);
  EXPECT_EQ(dials_of("from: clients, at: 5s, for: 2s, count: 1, arrivals: {every: 1s}", 2).size(),
            2u);
}

// How many each node has of Poisson arrivals of its own over 80 s at 1/s: five deviations.
TEST(arrivals, of_each_node_at_random_are_its_own_whoever_else_there_is) {
  std::map<std::int32_t, std::vector<std::int64_t>> few, many;
  const std::string with = "from: clients, until: 80s, arrivals: {poisson: 1/s, per: node}";
  for (const auto& [time, node] : dials_of(with, 2)) few[node].push_back(time);
  for (const auto& [time, node] : dials_of(with, 8)) many[node].push_back(time);
  ASSERT_EQ(few.size(), 2u);
  ASSERT_EQ(many.size(), 8u);
  EXPECT_EQ(few[1], many[1]) << "another node shifts nothing";
  EXPECT_EQ(few[2], many[2]);
  EXPECT_NE(few[1], few[2]);
  for (const auto& [node, times] : many) EXPECT_NEAR(double(times.size()), 80, 45) << node;
}

TEST(arrivals, of_a_finite_source_wait_for_its_last_one) {
  // Dialled after 5 s of thought; ready after three round trips, held for 2 s, closed after one.
  const auto r = run_of(crowd(dial("from: clients, hold: 2s, arrivals: {think: 5s}, count: 3"), 1));
  EXPECT_THAT(dials(r), ElementsAre(Pair(5000, 1), Pair(12080, 1), Pair(19160, 1)));
}

TEST(arrivals, of_a_finite_source_go_on_after_a_refusal_and_after_a_restart) {
  const auto refused = run_of(crowd(dial("from: clients, hold: 90s, arrivals: {think: 5s}") +
                                        "  - kill: {nodes: server, at: 1s}\n",
                                    1));
  EXPECT_GE(dials(refused).size(), 3u);
  const auto again = run_of(crowd(dial("from: clients, hold: 90s, arrivals: {think: 5s}") +
                                      "  - restart: {nodes: clients, at: 20s}\n",
                                  1));
  EXPECT_THAT(dials(again), ElementsAre(Pair(5000, 1), Pair(25000, 1)));
}

TEST(arrivals, of_a_finite_source_that_begins_anew_while_it_thinks_think_from_then_on) {
  const auto r = run_of(crowd(dial("from: clients, hold: 90s, arrivals: {think: 5s}") +
                                  "  - restart: {nodes: clients, at: 2s}\n"
                                  "  - restart: {nodes: clients, at: 3s}\n",
                              1));
  EXPECT_THAT(dials(r), ElementsAre(Pair(8000, 1)));
}

TEST(arrivals, of_a_finite_source_wait_for_their_beginning_whatever_restarts_before) {
  for (const std::string verb :
       {"dial: {", "request: {size: 10B, reply: {size: 10B}, ", "stream: {size: 10B, "}) {
    const auto r = run_of(crowd("  - " + verb +
                                    "from: clients, to: server, arrivals: {think: 1s}, "
                                    "when: server.established >= 9, allow_untested: nobody dials}\n"
                                    "  - restart: {nodes: clients, at: 1s}\n",
                                1));
    EXPECT_TRUE(dials(r).empty()) << verb;
  }
}

TEST(arrivals, follow_a_trace_beside_the_scenario) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "arrivals_follow_a_trace";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "turns.csv") << "# when, who\n1s,1\n1500ms\n4s, 0\n";
  std::ofstream(folder / "back.csv") << "2s\n1s\n";
  std::ofstream(folder / "nobody.csv") << "2s,2\n";
  const auto file = (folder / "f.yaml").string();
  const auto with = [&](const std::string& arrivals) {
    return crowd(dial("from: clients, at: 10s, arrivals: {trace: " + arrivals + "}"), 2);
  };
  EXPECT_THAT(dials(run_on(parse_scenario(with("turns.csv"), file), "message")),
              ElementsAre(Pair(11000, 2), Pair(11500, 2), Pair(14000, 1)));
  EXPECT_EQ(dials(run_on(parse_scenario(with("turns.csv, per: node"), file), "message")).size(),
            6u);
  EXPECT_THAT([&] { parse_scenario(with("back.csv"), file); },
              testing::ThrowsMessage<bad_input>(
                  testing::HasSubstr("in line 2 of back.csv: times must not go back, as does 1s")));
  EXPECT_THAT([&] { parse_scenario(with("nobody.csv"), file); },
              testing::ThrowsMessage<bad_input>(testing::HasSubstr("must be at most 1, not 2")));
  std::filesystem::remove_all(folder);
}

std::set<std::int32_t> who(const moments& all) {
  std::set<std::int32_t> nodes;
  for (const auto& each : all) nodes.insert(each.second);
  return nodes;
}

TEST(nodes, can_be_one_some_or_a_part_of_a_group) {
  EXPECT_THAT(who(dials_of("from: \"clients[3]\"")), ElementsAre(4));
  EXPECT_THAT(who(dials_of("from: \"clients[1..2]\"")), ElementsAre(2, 3));
  EXPECT_EQ(who(dials_of("from: 3 random of clients", 50)).size(), 3u);
  EXPECT_EQ(who(dials_of("from: 10% of clients", 50)).size(), 5u);
  EXPECT_EQ(who(dials_of("from: 1% of clients", 50)).size(), 1u) << "a part is never empty";
}

TEST(nodes, are_the_same_wherever_the_same_words_stand) {
  const auto r = run_of(crowd(
      dial("from: 5 random of clients") + "  - kill: {nodes: 5 random of clients, at: 10s}\n" +
          dial("from: clients, at: 20s") + "  - restart: {nodes: 4 random of clients, at: 30s}\n",
      50));
  const auto all = dials(r);
  const auto at_first = who({all.begin(), all.begin() + 5});
  const auto left = who({all.begin() + 5, all.end()});
  EXPECT_EQ(at_first.size(), 5u);
  EXPECT_EQ(left.size(), 45u) << "those that were killed are those that had dialled";
  for (const auto node : at_first) EXPECT_EQ(left.count(node), 0u);
}

TEST(lives, can_end_one_after_the_other) {
  const auto r = run_of(crowd(dial("from: clients") +
                              "  - restart: {nodes: clients, at: 10s, arrivals: {every: 5s}}\n"));
  EXPECT_THAT(when(r, notice::connection_closed),
              ElementsAre(Pair(10010, 0), Pair(15010, 0), Pair(20010, 0), Pair(25010, 0)));
}

}  // namespace
}  // namespace tandem::scenarios
