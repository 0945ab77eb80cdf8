// SPDX-License-Identifier: MIT
#include "tandem/core/random.hpp"
#include "core/driver.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

TEST(random_stream, knows_how_many_numbers_it_gave) {
  const auto fresh = random_stream::of(7, "policy", 3);
  auto random = fresh;
  EXPECT_EQ(random.drawn_since(fresh), 0u);
  for (std::uint64_t drawn = 1; drawn < 1000; ++drawn) {
    drawn % 2 == 0 ? random.next() : random.up_to(drawn);
    ASSERT_EQ(random.drawn_since(fresh), drawn);
  }
}

TEST(manager, has_drawn_nothing_when_nothing_happened) {
  connection_manager manager({}, peer(1), 99);
  EXPECT_EQ(manager.draws(), 0u);
}

}  // namespace
}  // namespace tandem::test
