// SPDX-License-Identifier: MIT
// Every scenario of the project holds, and the same seed gives the same bytes, where time is
// virtual.
#include "run_support.hpp"

#include <gtest/gtest.h>

#include <tuple>

namespace tandem::scenarios {
namespace {

class file : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(file, holds_and_is_deterministic) {
  const auto& [name, level] = GetParam();
  const auto what = shipped(name);
  const auto first = run_on(what, level);
  EXPECT_TRUE(first.ok) << failures_of(first);
  EXPECT_EQ(first.trace_hash.size(), 16u);
  const auto second = run_on(what, level);
  EXPECT_EQ(first.trace_hash, second.trace_hash) << first.reproduce;
  EXPECT_EQ(first.events, second.events);
  run_options other;
  other.seed = what.seed + 1;
  EXPECT_NE(first.trace_hash, run_on(what, level, other).trace_hash);
}

INSTANTIATE_TEST_SUITE_P(
    every, file,
    testing::Combine(testing::Values("global_limit", "per_peer_limit", "idle_timeout", "backoff",
                                     "dial_failures", "stale_list", "offline_and_back"),
                     testing::ValuesIn(virtual_levels())),
    [](const auto& info) { return std::get<0>(info.param) + "_at_" + std::get<1>(info.param); });

std::vector<std::string> levels_with_bytes() {
  auto levels = virtual_levels();
  std::erase(levels, "message");
  return levels;
}

INSTANTIATE_TEST_SUITE_P(of_bytes, file,
                         testing::Combine(testing::Values("shared_uplink"),
                                          testing::ValuesIn(levels_with_bytes())),
                         [](const auto& info) {
                           return std::get<0>(info.param) + "_at_" + std::get<1>(info.param);
                         });

class loopback_file : public testing::TestWithParam<std::string> {};

TEST_P(loopback_file, holds_on_real_sockets) {
  const auto result = run_on(shipped(GetParam()), "loopback");
  EXPECT_TRUE(result.ok) << failures_of(result);
  EXPECT_EQ(result.trace_hash, "") << "real time has no hash to compare";
}

INSTANTIATE_TEST_SUITE_P(every, loopback_file, testing::Values("global_limit", "per_peer_limit"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tandem::scenarios
