// SPDX-License-Identifier: MIT
// Which way packets take, where there are several.
#include "tandem/sim/topology.hpp"

#include <gmock/gmock.h>

#include <utility>
#include <vector>

namespace tandem::sim::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

/// A square of four routers with lines of 4 ms, in this order unless a test has another, and its
/// diagonal from the first to the third.
topology square(duration diagonal) {
  topology made;
  made.routers = {"a", "b", "c", "d"};
  for (const auto& [from, to] : {std::pair{0u, 1u}, {1u, 2u}, {2u, 3u}, {3u, 0u}})
    made.lines.push_back({.a = from, .b = to, .latency = 4ms});
  made.lines.push_back({.a = 0, .b = 2, .latency = diagonal});
  return made;
}

/// The routers after `from`, to the last.
std::vector<router_index> way(const topology& of, router_index from, router_index to) {
  const routes ways(of);
  std::vector<router_index> through;
  for (const auto line : ways.between(from, to).lines) through.push_back(ways.end_of(line));
  return through;
}

TEST(routes, take_more_lines_where_these_have_less_latency) {
  const auto of = square(9ms);
  EXPECT_THAT(way(of, 0, 2), ElementsAre(1, 2));
  EXPECT_THAT(way(of, 2, 0), ElementsAre(1, 0));
  EXPECT_EQ(routes(of).between(0, 2).latency, 8ms);
  EXPECT_THAT(way(square(7ms), 0, 2), ElementsAre(2));
}

TEST(routes, of_equal_latency_are_those_of_fewer_lines_wherever_these_are_in_the_file) {
  auto of = square(8ms);
  EXPECT_THAT(way(of, 0, 2), ElementsAre(2));
  EXPECT_THAT(way(of, 2, 0), ElementsAre(0));
  std::swap(of.lines.front(), of.lines.back());
  EXPECT_THAT(way(of, 0, 2), ElementsAre(2));
  EXPECT_THAT(way(of, 2, 0), ElementsAre(0));
}

TEST(routes, of_equal_latency_and_lines_are_those_whose_lines_come_first_in_the_file) {
  auto of = square(9ms);
  EXPECT_THAT(way(of, 1, 3), ElementsAre(0, 3));
  EXPECT_THAT(way(of, 3, 1), ElementsAre(2, 1));
  std::swap(of.lines[0], of.lines[3]);
  std::swap(of.lines[1], of.lines[2]);
  EXPECT_THAT(way(of, 0, 2), ElementsAre(3, 2));
  EXPECT_THAT(way(of, 2, 0), ElementsAre(3, 0));
  of.lines[0] = {.a = 0, .b = 1, .latency = 4ms};
  EXPECT_THAT(routes(of).between(0, 1).lines, ElementsAre(0)) << "and not line 3, beside it";
}

}  // namespace
}  // namespace tandem::sim::testing
