// SPDX-License-Identifier: MIT
#include "tandem/sim/kernel.hpp"

#include "tandem/core/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using tandem::duration;
using tandem::never;
using tandem::random_stream;
using tandem::task;
using tandem::time_point;
using tandem::timer_id;
using tandem::sim::kernel;

constexpr time_point at(duration d) { return time_point(d); }

TEST(kernel, runs_tasks_in_time_order) {
  kernel k;
  std::vector<int> ran;
  k.at(at(3s), [&] { ran.push_back(3); });
  k.at(at(1ns), [&] { ran.push_back(1); });
  k.at(at(2s), [&] { ran.push_back(2); });
  k.run_until(at(10s));
  EXPECT_EQ(ran, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(k.now(), at(10s));
  EXPECT_EQ(k.tasks_run(), 3U);
}

TEST(kernel, runs_equal_times_in_the_order_of_the_calls) {
  kernel k;
  std::vector<int> ran;
  // The early call lies in a far bucket, the late one arrives when the time has come close.
  k.at(at(1s), [&] { ran.push_back(0); });
  k.at(at(1s) - 1ns, [&] { k.at(at(1s), [&] { ran.push_back(1); }); });
  k.at(at(1s), [&] {
    ran.push_back(2);
    k.at(at(1s), [&] { ran.push_back(3); });
  });
  k.run_until(at(1s));
  EXPECT_EQ(ran, (std::vector<int>{0, 2, 1, 3}));
}

TEST(kernel, clamps_times_in_the_past_to_now) {
  kernel k;
  std::vector<time_point> ran;
  k.run_until(at(5s));
  k.at(at(1s), [&] { ran.push_back(k.now()); });
  k.at(at(-7s), [&] { ran.push_back(k.now()); });
  k.run_until(at(5s));
  EXPECT_EQ(ran, (std::vector<time_point>{at(5s), at(5s)}));
}

TEST(kernel, accepts_times_between_now_and_the_next_task) {
  kernel k;
  std::vector<int> ran;
  k.at(at(1000s), [&] { ran.push_back(2); });
  k.at(at(1000s) + 1ns, [&] { ran.push_back(3); });
  k.run_until(at(1s));  // looks at both tasks and runs neither
  EXPECT_TRUE(ran.empty());
  k.at(at(2s), [&] { ran.push_back(0); });
  k.at(at(999s), [&] { ran.push_back(1); });
  k.run_until(at(2000s));
  EXPECT_EQ(ran, (std::vector<int>{0, 1, 2, 3}));
}

TEST(kernel, accepts_any_time_after_only_cancelled_tasks_were_left) {
  kernel k;
  const timer_id a = k.at(at(100s), [] {});
  const timer_id b = k.at(at(101s), [] {});
  k.cancel(a);
  k.cancel(b);
  EXPECT_FALSE(k.run_one());
  EXPECT_EQ(k.now(), at(0s));
  std::vector<time_point> ran;
  k.at(at(50s), [&] { ran.push_back(k.now()); });
  k.at(at(200s), [&] { ran.push_back(k.now()); });
  while (k.run_one()) {
  }
  EXPECT_EQ(ran, (std::vector<time_point>{at(50s), at(200s)}));
}

TEST(kernel, runs_tasks_at_the_end_of_time) {
  kernel k;
  int ran = 0;
  k.at(never, [&] { ++ran; });
  k.run_until(never - 1ns);
  EXPECT_EQ(ran, 0);
  k.run_until(never);
  EXPECT_EQ(ran, 1);
}

// The reference: a stable sort of everything ever scheduled, by time.
struct scheduled {
  time_point when;
  std::uint32_t sequence;
};

void churn(std::uint64_t seed, std::vector<std::uint32_t>& ran, std::vector<scheduled>& kept) {
  kernel k;
  random_stream random(seed);
  std::vector<std::pair<timer_id, std::uint32_t>> open;
  std::vector<bool> cancelled, done;
  std::vector<scheduled> all;
  const auto add = [&] {
    // Every scale from 1 ns to 10^12 ns, with many equal times.
    const auto scale = std::uint64_t{1} << random.up_to(40);
    const time_point when =
        k.now() + duration(random.up_to(scale) / (1 + scale / 64) * (scale / 64 + 1));
    const auto sequence = static_cast<std::uint32_t>(all.size());
    all.push_back({when, sequence});
    cancelled.push_back(false);
    done.push_back(false);
    open.emplace_back(k.at(when,
                           [&, sequence] {
                             ran.push_back(sequence);
                             done[sequence] = true;
                           }),
                      sequence);
  };
  for (int i = 0; i < 1000; ++i) add();
  while (all.size() < 100'000) {
    add();
    if (random.up_to(3) == 0) {
      auto& victim = open[random.up_to(open.size() - 1)];
      k.cancel(victim.first);
      if (!done[victim.second]) cancelled[victim.second] = true;
      std::swap(victim, open.back());
      open.pop_back();
    }
    if (random.up_to(1) == 0) k.run_one();
    if (random.up_to(50) == 0) k.run_until(k.now() + duration(random.up_to(1 << 20)));
  }
  while (k.run_one()) {
  }
  for (const scheduled& s : all)
    if (!cancelled[s.sequence]) kept.push_back(s);
  std::stable_sort(kept.begin(), kept.end(),
                   [](const scheduled& a, const scheduled& b) { return a.when < b.when; });
}

void expect_sorted(std::uint64_t seed) {
  std::vector<std::uint32_t> ran;
  std::vector<scheduled> kept;
  churn(seed, ran, kept);
  ASSERT_EQ(ran.size(), kept.size()) << "seed " << seed;
  for (std::size_t i = 0; i < ran.size(); ++i)
    ASSERT_EQ(ran[i], kept[i].sequence) << "at " << i << ", seed " << seed;
}

TEST(kernel, orders_a_hundred_thousand_random_tasks_as_a_stable_sort_does) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) expect_sorted(seed);
}

TEST(kernel, runs_side_by_side_in_two_threads) {
  std::vector<std::uint32_t> ran[3];
  std::vector<scheduled> kept[3];
  churn(1, ran[2], kept[2]);
  std::thread other([&] { churn(1, ran[0], kept[0]); });
  churn(1, ran[1], kept[1]);
  other.join();
  EXPECT_EQ(ran[0], ran[2]);
  EXPECT_EQ(ran[1], ran[2]);
}

TEST(kernel, does_not_run_what_was_cancelled) {
  kernel k;
  int ran = 0;
  const timer_id a = k.at(at(1s), [&] { ++ran; });
  k.at(at(1s), [&] { ran += 10; });
  k.cancel(a);
  k.cancel(a);
  k.cancel(timer_id::none);
  EXPECT_EQ(k.tasks_pending(), 1U);
  k.run_until(at(1s));
  EXPECT_EQ(ran, 10);
  k.cancel(a);
}

TEST(kernel, never_reuses_the_name_of_a_task) {
  kernel k;
  int ran = 0;
  const timer_id old = k.at(at(1s), [] {});
  k.run_until(at(1s));
  const timer_id fresh = k.at(at(2s), [&] { ++ran; });
  EXPECT_NE(old, fresh);
  k.cancel(old);
  k.run_until(at(2s));
  EXPECT_EQ(ran, 1);
}

TEST(kernel, lets_a_task_cancel_itself_and_others) {
  kernel k;
  int ran = 0;
  timer_id self{}, next{};
  self = k.at(at(1s), [&] {
    ++ran;
    k.cancel(self);
    k.cancel(next);
  });
  next = k.at(at(1s), [&] { ran += 10; });
  k.run_until(at(1s));
  EXPECT_EQ(ran, 1);
}

TEST(kernel, frees_a_cancelled_task_at_once) {
  kernel k;
  auto held = std::make_shared<int>(1);
  const timer_id a = k.at(at(1s), [held] {});
  EXPECT_EQ(held.use_count(), 2);
  k.cancel(a);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(kernel, forgets_dead_entries_when_timers_are_rearmed_for_ever) {
  kernel k;
  int ran = 0;
  timer_id armed = k.at(at(30s), [&] { ++ran; });
  for (int i = 1; i <= 100'000; ++i) {
    k.run_until(at(i * 1ms));
    k.cancel(armed);
    armed = k.at(at(30s + i * 1ms), [&] { ++ran; });
    ASSERT_EQ(k.tasks_pending(), 1U);
  }
  k.run_until(at(130s) - 1ns);
  EXPECT_EQ(ran, 0);
  k.run_until(at(130s));
  EXPECT_EQ(ran, 1);
}

TEST(kernel, calls_the_hook_after_every_task) {
  kernel k;
  std::vector<char> order;
  k.after_each([&] { order.push_back('h'); });
  k.at(at(1s), [&] { order.push_back('a'); });
  k.at(at(1s), [&] { order.push_back('b'); });
  k.run_until(at(2s));
  EXPECT_EQ(order, (std::vector<char>{'a', 'h', 'b', 'h'}));
}

TEST(kernel, stops_when_told_with_the_time_where_it_is) {
  kernel k;
  for (int i = 1; i <= 100'000; ++i) k.at(at(i * 1us), [] {});
  int asked = 0;
  k.run_until(at(1s), [&] { return ++asked == 2; });
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(k.tasks_run(), 2U) << "a stop counts after the task it comes in";
  EXPECT_EQ(k.now(), at(2us));
  EXPECT_GT(k.tasks_pending(), 0U);
  k.run_until(at(1s));
  EXPECT_EQ(k.tasks_run(), 100'000U);
}

// Schedules and cancels while it is destroyed.
struct meddler {
  kernel* k;
  timer_id* victim;
  meddler(kernel* kernel_, timer_id* victim_) : k(kernel_), victim(victim_) {}
  meddler(meddler&& other) noexcept : k(std::exchange(other.k, nullptr)), victim(other.victim) {}
  ~meddler() {
    if (!k) return;
    k->cancel(*victim);
    k->at(k->now() + 1s, [] { FAIL() << "scheduled by a dying task"; });
  }
  void operator()() {}
};

TEST(kernel, survives_tasks_that_meddle_while_they_are_destroyed) {
  auto held = std::make_shared<int>(1);
  {
    kernel k;
    timer_id victim{};
    k.at(at(1s), meddler(&k, &victim));
    victim = k.at(at(2s), [held] {});
    k.at(at(3s), meddler(&k, &victim));
    k.clear();
    EXPECT_EQ(k.tasks_pending(), 0U);
    EXPECT_EQ(held.use_count(), 1);
    k.run_until(at(5s));
    int ran = 0;
    k.at(at(6s), [&] { ++ran; });
    k.run_until(at(6s));
    EXPECT_EQ(ran, 1);
    victim = k.at(at(10s), [held] {});
    k.at(at(9s), meddler(&k, &victim));
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(kernel, goes_on_after_a_task_that_throws) {
  kernel k;
  int ran = 0;
  k.at(at(1s), [] { throw std::runtime_error("from a task"); });
  k.at(at(2s), [&] { ++ran; });
  EXPECT_THROW(k.run_until(at(3s)), std::runtime_error);
  EXPECT_EQ(k.now(), at(1s));
  k.run_until(at(3s));
  EXPECT_EQ(ran, 1);
}

TEST(kernel, tells_of_what_comes_soon_before_it_runs) {
  struct listener final : kernel::foresight {
    void soon(std::uint64_t about, unsigned steps) noexcept override {
      told[about].push_back(steps);
    }
    std::map<std::uint64_t, std::vector<unsigned>> told;
  } hears;
  kernel k;
  k.look_ahead(&hears);
  std::vector<std::uint64_t> ran;
  for (std::uint64_t i = 1; i <= 100; ++i)
    k.at(
        at(i * 100us),
        [&, i] {
          ran.push_back(i);
          EXPECT_FALSE(hears.told.contains(i + 5)) << "too early";
          if (i <= 5) return;
          EXPECT_EQ(hears.told[i], (std::vector<unsigned>{4, 3, 2, 1})) << i;
        },
        kernel::label{i, 0});
  k.at(at(5ms), [] {});  // about nothing
  k.run_until(at(20ms));
  EXPECT_EQ(ran.size(), 100U);
  EXPECT_TRUE(std::ranges::is_sorted(ran));
  EXPECT_EQ(hears.told.size(), 100U - 1) << "nothing comes before the first";
  EXPECT_FALSE(hears.told.contains(0));
}

}  // namespace
