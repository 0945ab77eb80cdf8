// SPDX-License-Identifier: MIT
#include "command/suspend_watch.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace tandem::cli {
namespace {

using namespace std::chrono_literals;

/// A watch, and the clock that goes on while the machine sleeps.
struct watched {
  duration now = 100s;
  suspend_watch watch{[this] { return now; }};

  std::optional<duration> after(duration passed) {
    now += passed;
    return watch.look();
  }
};

TEST(suspend_watch, says_how_long_the_machine_slept_and_says_it_once) {
  watched w;
  EXPECT_EQ(w.after(100ms), std::nullopt);
  EXPECT_EQ(w.after(8h), 8h);
  EXPECT_EQ(w.after(100ms), std::nullopt);
  EXPECT_EQ(w.after(3s), 3s);
}

TEST(suspend_watch, takes_what_a_busy_machine_needs_for_no_sleep) {
  watched w;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(w.after(3s - 1ns), std::nullopt);
}

}  // namespace
}  // namespace tandem::cli
