// SPDX-License-Identifier: MIT
// The scenarios of the project; that they hold, and are what their baselines say, is `scenarios.gate`.
#include "run_support.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace tandem::scenarios {
namespace {

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
