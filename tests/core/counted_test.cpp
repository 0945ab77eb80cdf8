// SPDX-License-Identifier: MIT
#include "tandem/core/counted.hpp"

#include <gtest/gtest.h>

namespace tandem {
namespace {

TEST(counted, says_one_of_a_thing_and_several_of_things) {
  EXPECT_EQ(counted(0, "seed"), "0 seeds");
  EXPECT_EQ(counted(1, "seed"), "1 seed");
  EXPECT_EQ(counted(12, "seed"), "12 seeds");
  EXPECT_EQ(counted(1, "entry", "entries"), "1 entry");
  EXPECT_EQ(counted(2, "entry", "entries"), "2 entries");
}

}  // namespace
}  // namespace tandem
