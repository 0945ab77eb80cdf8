// SPDX-License-Identifier: MIT
// Every scenario of the project holds, and the same seed gives the same bytes, where time is
// virtual.
#include "run_support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace tandem::scenarios {
namespace {

struct shipped_run {
  std::string file;
  std::string level;
};

// Every file of scenarios/ at every level that it names and this build has.
std::vector<shipped_run> shipped_runs(bool virtual_time) {
  std::vector<shipped_run> runs;
  for (const auto& file : shipped_files()) {
    const auto what = read_scenario(file);
    for (const auto& level : test_levels())
      if (level.virtual_time == virtual_time && std::ranges::count(what.levels, level.name))
        runs.push_back({file, level.name});
  }
  return runs;
}

std::string name_of_run(const testing::TestParamInfo<shipped_run>& info) {
  return std::filesystem::path(info.param.file).stem().string() + "_at_" + info.param.level;
}

class file : public testing::TestWithParam<shipped_run> {};

TEST_P(file, holds_and_is_deterministic) {
  const auto& [path, level] = GetParam();
  const auto what = read_scenario(path);
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

INSTANTIATE_TEST_SUITE_P(every, file, testing::ValuesIn(shipped_runs(true)), name_of_run);

class loopback_file : public testing::TestWithParam<shipped_run> {};

TEST_P(loopback_file, holds_on_real_sockets) {
  const auto result = run_on(read_scenario(GetParam().file), GetParam().level);
  EXPECT_TRUE(result.ok) << failures_of(result);
  EXPECT_EQ(result.trace_hash, "") << "real time has no hash to compare";
}

INSTANTIATE_TEST_SUITE_P(every, loopback_file, testing::ValuesIn(shipped_runs(false)), name_of_run);

TEST(shipped_file, says_its_levels_and_what_it_expects) {
  ASSERT_FALSE(shipped_files().empty());
  for (const auto& path : shipped_files()) {
    const auto what = read_scenario(path);
    EXPECT_EQ(what.name, std::filesystem::path(path).stem());
    EXPECT_FALSE(what.levels.empty()) << path;
    EXPECT_FALSE(what.expectations.empty()) << path;
    EXPECT_EQ(what.warnings, std::vector<std::string>{}) << path;
  }
}

}  // namespace
}  // namespace tandem::scenarios
