// SPDX-License-Identifier: MIT
#include "asio/loop.hpp"

#include <boost/asio/post.hpp>

#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace tandem::test;
using tandem::time_point;
using tandem::timer_id;

TEST(asio_clock, counts_from_its_construction) {
  const auto before = std::chrono::steady_clock::now();
  loop io;
  const auto now = io.net->clock().now();
  EXPECT_GE(now, time_point{});
  EXPECT_LE(now.time_since_epoch(), std::chrono::steady_clock::now() - before);
  EXPECT_GE(io.net->clock().now(), now);
}

TEST(asio_clock, runs_tasks_in_time_order_and_equal_times_in_the_order_of_the_calls) {
  loop io;
  auto& clock = io.net->clock();
  const auto soon = clock.now() + 20ms;
  std::vector<int> ran;
  clock.at(soon + 10ms, [&] { ran.push_back(4); });
  clock.at(soon, [&] { ran.push_back(2); });
  clock.at(soon, [&] { ran.push_back(3); });
  clock.at(soon - 10ms, [&] { ran.push_back(1); });
  ASSERT_TRUE(io.run_until([&] { return ran.size() == 4; }));
  EXPECT_EQ(ran, (std::vector<int>{1, 2, 3, 4}));
  EXPECT_GE(clock.now(), soon + 10ms);
}

TEST(asio_clock, never_runs_a_task_early_or_inside_the_call) {
  loop io;
  auto& clock = io.net->clock();
  bool past = false;
  time_point ran{};
  const auto when = clock.now() + 15ms;
  clock.at(clock.now() - 1s, [&] { past = true; });
  clock.at(when, [&] { ran = clock.now(); });
  EXPECT_FALSE(past);
  ASSERT_TRUE(io.run_until([&] { return ran != time_point{}; }));
  EXPECT_TRUE(past);
  EXPECT_GE(ran, when);
}

TEST(asio_clock, forgets_cancelled_tasks) {
  loop io;
  auto& clock = io.net->clock();
  bool wrong = false, right = false;
  const auto first = clock.at(clock.now() + 5ms, [&] { wrong = true; });
  const auto second = clock.at(clock.now() + 20ms, [&] { right = true; });
  clock.cancel(first);
  clock.cancel(first);
  clock.cancel(timer_id::none);
  ASSERT_TRUE(io.run_until([&] { return right; }));
  clock.cancel(second);
  EXPECT_FALSE(wrong);
}

TEST(asio_clock, can_be_cancelled_from_a_task_of_the_same_time) {
  loop io;
  auto& clock = io.net->clock();
  const auto when = clock.now() + 5ms;
  bool wrong = false, last = false;
  timer_id second{};
  clock.at(when, [&] { clock.cancel(second); });
  second = clock.at(when, [&] { wrong = true; });
  clock.at(when, [&] { last = true; });
  ASSERT_TRUE(io.run_until([&] { return last; }));
  EXPECT_FALSE(wrong);
}

TEST(asio_clock, leaves_room_for_input_when_a_task_repeats_itself_at_once) {
  loop io;
  auto& clock = io.net->clock();
  bool stop = false, heard = false;
  std::function<void()> again = [&] {
    if (!stop) clock.at(clock.now(), [&] { again(); });
  };
  again();
  tandem::asio::post(io.context, [&] { heard = true; });
  EXPECT_TRUE(io.run_until([&] { return heard; }, 2s));
  stop = true;
}

TEST(asio_clock, waits_for_ever_for_a_time_that_never_comes) {
  loop io;
  bool wrong = false;
  io.net->clock().at(tandem::never, [&] { wrong = true; });
  io.run_for(20ms);
  EXPECT_FALSE(wrong);
}

}  // namespace
