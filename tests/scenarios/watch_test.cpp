// SPDX-License-Identifier: MIT
// Statistics over windows, against values worked out by hand.
#include "run/watch.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace tandem::scenarios {
namespace {

using namespace std::chrono_literals;

constexpr time_point at(duration since) { return time_point{} + since; }

number_use use_of(const char* name, statistic what) {
  number_use use;
  use.measure = *measure_named(name);
  use.statistic = what;
  return use;
}

/// `active` from 2 at the start: 5 at 1 s, 4 at 3 s, 9 at 3 s, 1 at 6 s; the run ends at 10 s.
watch gauge(statistic what, time_point from = time_point::min(), time_point until = never,
            double fraction = 0) {
  auto use = use_of("active", what);
  use.fraction = fraction;
  watch w(use);
  w.begin(at(0s), 2);
  w.set_window(from, until);
  for (const auto& [when, by] :
       std::initializer_list<std::pair<duration, double>>{{1s, 3}, {3s, -1}, {3s, 5}, {6s, -8}})
    w.change(at(when), by, {.at = at(when)});
  w.finish(at(10s));
  return w;
}

/// `dials`: one at 1 s, 2 s, 2.5 s, 3 s and 7 s.
watch total(statistic what, time_point from = time_point::min(), time_point until = never,
            duration per = 1s) {
  auto use = use_of("dials", what);
  use.per = per;
  watch w(use);
  w.begin(at(0s), 0);
  w.set_window(from, until);
  for (const duration when : {1000ms, 2000ms, 2500ms, 3000ms, 7000ms})
    w.change(at(when), 1, {.at = at(when)});
  w.finish(at(10s));
  return w;
}

/// `dial_time`: 0.3 at 1 s, 0.1 at 2 s, 0.2 at 2 s, 0.4 at 5 s.
watch spread_of(statistic what, time_point from = time_point::min(), time_point until = never,
                double fraction = 0) {
  auto use = use_of("dial_time", what);
  use.fraction = fraction;
  watch w(use);
  w.begin(at(0s), 0);
  w.set_window(from, until);
  for (const auto& [when, value] : std::initializer_list<std::pair<duration, double>>{
           {1s, 0.3}, {2s, 0.1}, {2s, 0.2}, {5s, 0.4}})
    w.value(at(when), value, {.at = at(when)});
  w.finish(at(10s));
  return w;
}

TEST(watch, follows_a_gauge_at_every_event) {
  EXPECT_EQ(gauge(statistic::last).result(), 1);
  EXPECT_EQ(gauge(statistic::min).result(), 1);
  EXPECT_EQ(gauge(statistic::max).result(), 9);
  // 1 s of 2, 2 s of 5, 3 s of 9, 4 s of 1.
  EXPECT_DOUBLE_EQ(gauge(statistic::mean).result(), 4.3);
  EXPECT_EQ(gauge(statistic::quantile, time_point::min(), never, 0.4).result(), 1);
  EXPECT_EQ(gauge(statistic::quantile, time_point::min(), never, 0.5).result(), 2);
  EXPECT_EQ(gauge(statistic::quantile, time_point::min(), never, 0.6).result(), 5);
  EXPECT_EQ(gauge(statistic::quantile, time_point::min(), never, 0.99).result(), 9);
  EXPECT_EQ(gauge(statistic::max).highest().at, at(3s));
  EXPECT_EQ(gauge(statistic::max).lowest().at, at(6s));
}

TEST(watch, takes_a_gauge_as_it_is_once_the_first_moment_has_passed) {
  EXPECT_EQ(gauge(statistic::min, at(3s), at(5s)).result(), 9) << "4 was there for no time";
  EXPECT_EQ(gauge(statistic::max, at(0s), at(1s)).result(), 5) << "the last moment belongs to it";
  EXPECT_EQ(gauge(statistic::last, at(0s), at(5s)).result(), 9);
  EXPECT_EQ(gauge(statistic::last, at(0s), at(6s)).result(), 1);
  EXPECT_EQ(gauge(statistic::last, time_point::min(), at(2s)).result(), 5);
  // 1 s of 5, 2 s of 9.
  EXPECT_DOUBLE_EQ(gauge(statistic::mean, at(2s), at(5s)).result(), 23.0 / 3);
  EXPECT_EQ(gauge(statistic::last, at(10s), never).result(), 1);
  EXPECT_TRUE(std::isnan(gauge(statistic::last, never, never).result())) << "it never began";
}

TEST(watch, counts_a_total_from_the_beginning_of_its_window) {
  EXPECT_EQ(total(statistic::last).result(), 5);
  EXPECT_EQ(total(statistic::last, at(2s), at(3s)).result(), 3) << "both ends belong to it";
  EXPECT_EQ(total(statistic::last, at(2001ms), at(2999ms)).result(), 1);
  EXPECT_EQ(total(statistic::last, at(4s), at(6s)).result(), 0);
  EXPECT_EQ(total(statistic::last, time_point::min(), at(2s)).result(), 2);
  EXPECT_DOUBLE_EQ(total(statistic::rate).result(), 0.5);
  EXPECT_DOUBLE_EQ(total(statistic::rate, at(2s), at(4s)).result(), 1.5);
}

TEST(watch, knows_the_most_that_any_time_of_a_length_saw) {
  EXPECT_EQ(total(statistic::peak).result(), 2) << "at 2 s and 2.5 s; 3 s is a second after 2 s";
  EXPECT_EQ(total(statistic::peak, time_point::min(), never, 1001ms).result(), 3);
  EXPECT_EQ(total(statistic::peak, time_point::min(), never, 10s).result(), 5);
  EXPECT_EQ(total(statistic::peak, at(2500ms), never, 2s).result(), 2);
  EXPECT_EQ(total(statistic::peak, at(4s), at(6s)).result(), 0);
  EXPECT_EQ(total(statistic::peak).highest().at, at(2500ms));
}

TEST(watch, summarizes_the_values_of_a_distribution) {
  EXPECT_EQ(spread_of(statistic::count).result(), 4);
  EXPECT_EQ(spread_of(statistic::last).result(), 0.4);
  EXPECT_EQ(spread_of(statistic::min).result(), 0.1);
  EXPECT_EQ(spread_of(statistic::max).result(), 0.4);
  EXPECT_DOUBLE_EQ(spread_of(statistic::mean).result(), 0.25);
  EXPECT_EQ(spread_of(statistic::quantile, time_point::min(), never, 0.5).result(), 0.2);
  EXPECT_EQ(spread_of(statistic::quantile, time_point::min(), never, 0.9).result(), 0.4);
  EXPECT_EQ(spread_of(statistic::quantile, time_point::min(), never, 0.75).result(), 0.3);
  EXPECT_EQ(spread_of(statistic::count, at(2s), at(2s)).result(), 2);
  EXPECT_EQ(spread_of(statistic::count, at(1001ms), at(4999ms)).result(), 2);
  EXPECT_EQ(spread_of(statistic::count, at(6s), never).result(), 0);
  EXPECT_TRUE(std::isnan(spread_of(statistic::max, at(6s), never).result()));
}

TEST(watch, forgets_a_window_that_begins_anew_and_keeps_one_whose_end_moves) {
  watch w(use_of("dials", statistic::last));
  w.begin(at(0s), 0);
  w.set_window(never, never);  // from heal: not yet
  w.change(at(1s), 10, {});
  w.set_window(at(2s), never);
  w.change(at(3s), 1, {});
  w.set_window(never, never);  // another fault
  w.change(at(4s), 100, {});
  w.set_window(at(5s), at(8s));
  w.change(at(6s), 2, {});
  w.change(at(9s), 1000, {});
  w.set_window(at(5s), at(10s));  // its end comes later after all
  w.change(at(10s), 4, {});
  w.finish(at(20s));
  EXPECT_EQ(w.result(), 1006);
}

}  // namespace
}  // namespace tandem::scenarios
