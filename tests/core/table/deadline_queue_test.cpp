// SPDX-License-Identifier: MIT
#include "core/table/deadline_queue.hpp"

#include "tandem/core/random.hpp"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace tandem::detail {
namespace {

using namespace std::chrono_literals;

time_point in(duration d) { return time_point{d}; }

TEST(deadline_queue, equal_times_fire_in_the_order_they_were_armed) {
  deadline_queue q;
  for (std::uint32_t s : {5U, 1U, 3U, 2U}) q.arm(timer_kind::connection, s, in(1s));
  q.arm(timer_kind::request, 1, in(1s));
  q.arm(timer_kind::connection, 9, in(500ms));
  q.arm(timer_kind::connection, 5, in(1s));  // armed again: last now
  std::vector<std::uint32_t> order;
  while (q.next() != never) order.push_back(q.pop().slot);
  EXPECT_EQ(order, (std::vector<std::uint32_t>{9, 1, 3, 2, 1, 5}));
}

TEST(deadline_queue, holds_one_deadline_per_slot) {
  deadline_queue q;
  for (int i = 0; i < 100; ++i) q.arm(timer_kind::dial, 7, in(std::chrono::seconds(100 - i)));
  EXPECT_EQ(q.size(), 1U);
  EXPECT_EQ(q.next(), in(1s));
  EXPECT_EQ(q.armed(timer_kind::dial, 7), in(1s));
  EXPECT_EQ(q.armed(timer_kind::connection, 7), never);
  q.arm(timer_kind::dial, 7, never);
  EXPECT_EQ(q.size(), 0U);
  EXPECT_EQ(q.next(), never);
}

TEST(deadline_queue, agrees_with_an_ordered_map_over_random_operations) {
  deadline_queue q;
  random_stream random(42);
  std::map<std::pair<int, std::uint32_t>, time_point> model;
  for (int i = 0; i < 200'000; ++i) {
    const auto kind = static_cast<timer_kind>(random.up_to(3));
    const auto slot = static_cast<std::uint32_t>(random.up_to(200));
    const std::pair key{static_cast<int>(kind), slot};
    switch (random.up_to(3)) {
      case 0:
      case 1: {
        const time_point t{duration(static_cast<long>(random.up_to(1000)))};
        q.arm(kind, slot, t);
        model[key] = t;
        break;
      }
      case 2:
        q.disarm(kind, slot);
        model.erase(key);
        break;
      default: {
        if (model.empty()) break;
        time_point least = never;
        for (const auto& [k, t] : model) least = std::min(least, t);
        ASSERT_EQ(q.next(), least);
        const auto due = q.pop();
        const std::pair popped{static_cast<int>(due.kind), due.slot};
        ASSERT_EQ(model.at(popped), least);
        model.erase(popped);
      }
    }
    ASSERT_EQ(q.size(), model.size());
    ASSERT_EQ(q.armed(kind, slot), model.contains(key) ? model.at(key) : never);
  }
}

}  // namespace
}  // namespace tandem::detail
