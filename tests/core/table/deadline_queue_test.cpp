// SPDX-License-Identifier: MIT
#include "core/table/deadline_queue.hpp"

#include "core/kept_fields.hpp"
#include "tandem/core/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

namespace tandem::detail {
namespace {

using namespace std::chrono_literals;

time_point in(duration d) { return time_point{d}; }

/// Slots of three tables.
struct owner {
  static constexpr std::size_t groups = 3;
  std::uint32_t kind = 0;
  std::uint32_t slot = 0;

  std::size_t group() const { return kind; }
  std::uint32_t index() const { return slot; }
  friend auto operator<=>(const owner&, const owner&) = default;
};
using owners_queue = deadline_queue<owner>;

TEST(deadline_queue, equal_times_fire_in_the_order_they_were_armed) {
  owners_queue q;
  for (std::uint32_t s : {5U, 1U, 3U, 2U}) q.arm({0, s}, in(1s));
  q.arm({1, 1}, in(1s));
  q.arm({0, 9}, in(500ms));
  q.arm({0, 5}, in(1s));  // armed again: last now
  std::vector<std::uint32_t> order;
  while (q.next() != never) order.push_back(q.pop().slot);
  EXPECT_EQ(order, (std::vector<std::uint32_t>{9, 1, 3, 2, 1, 5}));
}

TEST(deadline_queue, holds_one_deadline_per_slot) {
  owners_queue q;
  for (int i = 0; i < 100; ++i) q.arm({2, 7}, in(std::chrono::seconds(100 - i)));
  EXPECT_EQ(q.size(), 1U);
  EXPECT_EQ(q.next(), in(1s));
  EXPECT_EQ(q.armed({2, 7}), in(1s));
  EXPECT_EQ(q.armed({0, 7}), never);
  q.arm({2, 7}, never);
  EXPECT_EQ(q.size(), 0U);
  EXPECT_EQ(q.next(), never);
}

/// What a deadline queue is to do, by an ordered set.
class model {
 public:
  void arm(owner who, time_point at) {
    disarm(who);
    if (at == never) return;
    armed_[who] = {at, sequence_};
    order_.emplace(at, sequence_++, who);
  }
  void disarm(owner who) {
    const auto found = armed_.find(who);
    if (found == armed_.end()) return;
    order_.erase({found->second.first, found->second.second, who});
    armed_.erase(found);
  }
  time_point next() const { return order_.empty() ? never : std::get<0>(*order_.begin()); }
  owner pop() {
    const owner first = std::get<2>(*order_.begin());
    disarm(first);
    return first;
  }
  time_point armed(owner who) const {
    const auto found = armed_.find(who);
    return found == armed_.end() ? never : found->second.first;
  }
  std::size_t size() const { return armed_.size(); }

 private:
  std::map<owner, std::pair<time_point, std::uint64_t>> armed_;
  std::set<std::tuple<time_point, std::uint64_t, owner>> order_;
  std::uint64_t sequence_ = 0;
};

/// A delay of nanoseconds to centuries, or none: far apart, and equal.
duration some_delay(random_stream& random) {
  const std::uint64_t bits = random.up_to(63);
  if (bits == 63) return duration::zero();
  return duration(static_cast<std::int64_t>(random.up_to((std::uint64_t{1} << bits) - 1) &
                                            ~std::uint64_t{0} << random.up_to(bits)));
}

void agrees_with_the_model(std::uint64_t seed, std::uint32_t slots, int steps) {
  owners_queue queue;
  model expected;
  random_stream random(seed);
  time_point now{};
  for (int i = 0; i < steps; ++i) {
    const owner who{static_cast<std::uint32_t>(random.up_to(owner::groups - 1)),
                    static_cast<std::uint32_t>(random.up_to(slots - 1))};
    const bool grows = i / (steps / 8) % 2 == 0;  // now the many become few, now the other way
    const std::uint64_t what = random.up_to(9);
    if (what < (grows ? 6 : 1)) {
      const time_point at = random.up_to(99) == 0 ? never : later(now, some_delay(random));
      queue.arm(who, at);
      expected.arm(who, at);
    } else if (what < (grows ? 8 : 2)) {
      queue.disarm(who);
      expected.disarm(who);
    } else if (expected.size() > 0) {
      now = std::max(now, queue.next());
      ASSERT_TRUE(queue.pop() == expected.pop()) << seed << " step " << i;
    }
    ASSERT_EQ(queue.size(), expected.size());
    ASSERT_EQ(queue.next(), expected.next()) << seed << " step " << i;
    ASSERT_EQ(queue.armed(who), expected.armed(who));
  }
  while (expected.size() > 0) {
    ASSERT_EQ(queue.next(), expected.next());
    ASSERT_TRUE(queue.pop() == expected.pop());
  }
  EXPECT_EQ(queue.next(), never);
  EXPECT_EQ(queue.size(), 0U);
}

TEST(deadline_queue, agrees_with_an_ordered_set_while_there_are_few) {
  agrees_with_the_model(1, 100, 100'000);
}

TEST(deadline_queue, agrees_with_an_ordered_set_when_there_are_many) {
  for (const std::uint64_t seed : {2U, 3U, 4U}) agrees_with_the_model(seed, 8'000, 200'000);
}

TEST(deadline_queue, keeps_the_order_of_equal_times_when_there_are_many) {
  owners_queue queue;
  constexpr std::uint32_t many = 8'192;
  for (std::uint32_t s = 0; s < many; ++s) queue.arm({0, s}, in(1h));
  for (std::uint32_t s = 0; s < many; s += 2) queue.arm({0, s}, in(1h));  // again
  for (std::uint32_t s = 1; s < many; s += 2) ASSERT_EQ(queue.pop().slot, s);
  for (std::uint32_t s = 0; s < many; s += 2) ASSERT_EQ(queue.pop().slot, s);
}

TEST(deadline_queue, a_checkpoint_holds_every_deadline_and_its_turn) {
  owners_queue queue;
  random_stream random(9);
  for (std::uint32_t s = 0; s < 10'000; ++s)
    queue.arm({0, s}, later(time_point{}, some_delay(random)));
  for (int i = 0; i < 3'000; ++i) queue.pop();
  auto restored = test::with_fields<owners_queue>(test::fields_of(queue));
  ASSERT_EQ(restored.size(), queue.size());
  restored.arm({2, 1}, in(5min));
  queue.arm({2, 1}, in(5min));
  while (queue.size() > 0) {
    ASSERT_EQ(restored.next(), queue.next());
    ASSERT_TRUE(queue.pop() == restored.pop());
  }
}

TEST(deadline_queue, takes_of_a_damaged_checkpoint_only_what_can_be) {
  owners_queue queue;
  queue.arm({2, 7}, in(1s));
  queue.arm({1, 7}, in(2s));
  std::vector<std::int64_t> numbers = test::fields_of(queue);
  // How many there are; time, sequence, kind and slot of each; the next sequence.
  ASSERT_EQ(numbers.size(), 10U);
  ASSERT_EQ(numbers[3], 2);
  numbers[3] = owner::groups;
  auto restored = test::with_fields<owners_queue>(numbers);
  EXPECT_EQ(restored.size(), 1U);
  EXPECT_EQ(restored.next(), in(2s));
  EXPECT_EQ(restored.armed({1, 7}), in(2s));
}

}  // namespace
}  // namespace tandem::detail
