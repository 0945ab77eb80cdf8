// SPDX-License-Identifier: MIT
#include "tandem/net/timed_tasks.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace tandem {
namespace {

time_point at(int seconds) { return time_point(std::chrono::seconds(seconds)); }

TEST(timed_tasks, leave_by_time_and_those_of_one_time_as_they_came) {
  timed_tasks tasks;
  std::vector<int> ran;
  for (const auto& [when, name] : {std::pair(2, 1), {1, 2}, {2, 3}, {1, 4}})
    tasks.add(at(when), [&ran, name = name] { ran.push_back(name); });
  while (!tasks.empty()) tasks.take()();
  EXPECT_EQ(ran, (std::vector<int>{2, 4, 1, 3}));
  EXPECT_EQ(tasks.next(), never);
}

TEST(timed_tasks, forget_what_is_cancelled_and_only_that) {
  timed_tasks tasks;
  const timer_id first = tasks.add(at(1), [] {});
  tasks.add(at(2), [] {});
  tasks.cancel(first);
  tasks.cancel(first);
  tasks.cancel(timer_id::none);
  EXPECT_EQ(tasks.size(), 1U);
  EXPECT_EQ(tasks.next(), at(2));
}

/// Cancels another task when it is destroyed, as a stream with a timer of its own does.
struct canceller {
  timed_tasks* tasks;
  timer_id other = timer_id::none;
  ~canceller() {
    tasks->cancel(other);
    EXPECT_EQ(tasks->size(), 0U);
  }
};

TEST(timed_tasks, may_be_cancelled_by_what_another_owned) {
  for (const bool all : {false, true}) {
    timed_tasks tasks;
    auto owned = std::make_unique<canceller>(&tasks);
    canceller& it = *owned;
    const timer_id owner = tasks.add(at(1), [owned = std::move(owned)] {});
    it.other = tasks.add(at(2), [] {});
    if (all)
      tasks.clear();
    else
      tasks.cancel(owner);
    EXPECT_TRUE(tasks.empty());
  }
}

}  // namespace
}  // namespace tandem
