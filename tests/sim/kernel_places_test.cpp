// SPDX-License-Identifier: MIT
// The order of equal times among tasks that have a place.
#include "tandem/sim/kernel.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace tandem::sim {
namespace {

using namespace std::chrono_literals;

constexpr time_point at(duration d) { return time_point(d); }

TEST(kernel_places, equal_times_run_in_the_order_of_places_whoever_put_them_first) {
  using label = kernel::label;
  std::vector<std::string> ran;
  kernel k;
  const auto note = [&ran](const char* what) { return [&ran, what] { ran.emplace_back(what); }; };
  k.at(at(5s), note("place 2, by 9"), label{2, 9});
  k.at(at(5s), note("place 1, by 4"), label{1, 4});
  k.at(at(5s), note("place 1, by 3"), label{1, 3});
  k.at(at(5s), note("place 1, by 3 again"), label{1, 3});
  k.at(at(1s), [&] { k.at(at(5s), note("place 1, by 1, later"), label{1, 1}); });
  k.at(at(2s), [&] {
    // From another kernel, where it was put before.
    k.at(at(5s), note("place 1, by 2, put at 0.5 s"), label{1, 2}, at(500ms));
  });
  k.at(
      at(5s),
      [&] {
        ran.emplace_back("place 1, last");
        k.at(at(5s), note("place 3, now"), label{3, 1});
        k.at(at(5s), note("place 1, now"), label{1, 1});
      },
      label{1, 5});
  k.at(at(5s), note("no place"));
  EXPECT_EQ(k.next(), at(1s));
  k.run_until(at(10s));
  EXPECT_EQ(ran, (std::vector<std::string>{"no place", "place 1, by 3", "place 1, by 3 again",
                                           "place 1, by 4", "place 1, last",
                                           "place 1, by 2, put at 0.5 s", "place 1, by 1, later",
                                           "place 1, now", "place 2, by 9", "place 3, now"}));
  EXPECT_EQ(k.next(), never);
}

TEST(kernel_places, one_of_equal_times_that_is_cancelled_by_another_never_runs) {
  kernel k;
  int ran = 0;
  const timer_id later = k.at(
      at(5s), [&ran] { ran += 10; }, kernel::label{2, 1});
  k.at(
      at(5s), [&k, later] { k.cancel(later); }, kernel::label{1, 1});
  k.at(
      at(5s), [&ran] { ++ran; }, kernel::label{3, 1});
  k.run_until(at(10s));
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(k.tasks_pending(), 0U);
}

}  // namespace
}  // namespace tandem::sim
