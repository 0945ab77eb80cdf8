// SPDX-License-Identifier: MIT
#include "core/table/timer_wheel.hpp"

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

/// What a timer wheel is to do, by an ordered set.
class model {
 public:
  void arm(timer_kind kind, std::uint32_t slot, time_point at) {
    disarm(kind, slot);
    if (at == never) return;
    armed_[{kind, slot}] = {at, sequence_};
    order_.emplace(at, sequence_++, std::pair(kind, slot));
  }
  void disarm(timer_kind kind, std::uint32_t slot) {
    const auto found = armed_.find({kind, slot});
    if (found == armed_.end()) return;
    order_.erase({found->second.first, found->second.second, {kind, slot}});
    armed_.erase(found);
  }
  time_point next() const { return order_.empty() ? never : std::get<0>(*order_.begin()); }
  std::pair<timer_kind, std::uint32_t> pop() {
    const auto first = std::get<2>(*order_.begin());
    disarm(first.first, first.second);
    return first;
  }
  time_point armed(timer_kind kind, std::uint32_t slot) const {
    const auto found = armed_.find({kind, slot});
    return found == armed_.end() ? never : found->second.first;
  }
  std::size_t size() const { return armed_.size(); }

 private:
  std::map<std::pair<timer_kind, std::uint32_t>, std::pair<time_point, std::uint64_t>> armed_;
  std::set<std::tuple<time_point, std::uint64_t, std::pair<timer_kind, std::uint32_t>>> order_;
  std::uint64_t sequence_ = 0;
};

/// A delay of nanoseconds to centuries, or none: every level of the wheel, and equal times.
duration some_delay(random_stream& random) {
  const std::uint64_t bits = random.up_to(63);
  if (bits == 63) return duration::zero();
  return duration(static_cast<std::int64_t>(random.up_to((std::uint64_t{1} << bits) - 1) &
                                            ~std::uint64_t{0} << random.up_to(bits)));
}

void agrees_with_the_model(std::uint64_t seed, std::uint32_t slots, int steps) {
  timer_wheel wheel;
  model expected;
  random_stream random(seed);
  time_point now{};
  for (int i = 0; i < steps; ++i) {
    const auto kind = static_cast<timer_kind>(random.up_to(timer_kinds - 1));
    const auto slot = static_cast<std::uint32_t>(random.up_to(slots - 1));
    const bool grows = i / (steps / 8) % 2 == 0;  // now the many become few, now the other way
    const std::uint64_t what = random.up_to(9);
    if (what < (grows ? 6 : 1)) {
      const time_point at = random.up_to(99) == 0 ? never : later(now, some_delay(random));
      wheel.arm(kind, slot, at);
      expected.arm(kind, slot, at);
    } else if (what < (grows ? 8 : 2)) {
      wheel.disarm(kind, slot);
      expected.disarm(kind, slot);
    } else if (expected.size() > 0) {
      now = std::max(now, wheel.next());
      const auto due = wheel.pop();
      ASSERT_EQ(std::pair(due.kind, due.slot), expected.pop()) << seed << " step " << i;
    }
    ASSERT_EQ(wheel.size(), expected.size());
    ASSERT_EQ(wheel.next(), expected.next()) << seed << " step " << i;
    ASSERT_EQ(wheel.armed(kind, slot), expected.armed(kind, slot));
  }
  while (expected.size() > 0) {
    ASSERT_EQ(wheel.next(), expected.next());
    const auto due = wheel.pop();
    ASSERT_EQ(std::pair(due.kind, due.slot), expected.pop());
  }
  EXPECT_EQ(wheel.next(), never);
  EXPECT_EQ(wheel.size(), 0U);
}

TEST(timer_wheel, agrees_with_an_ordered_set_while_there_are_few) {
  agrees_with_the_model(1, 100, 100'000);
}

TEST(timer_wheel, agrees_with_an_ordered_set_when_there_are_many) {
  for (const std::uint64_t seed : {2U, 3U, 4U}) agrees_with_the_model(seed, 8'000, 200'000);
}

TEST(timer_wheel, holds_one_deadline_per_slot_whether_it_was_just_made_or_has_emptied) {
  for (const std::uint32_t many : {timer_wheel::few, timer_wheel::few + 900}) {
    timer_wheel wheel;
    for (std::uint32_t s = 0; s < many; ++s) wheel.arm(timer_kind::connection, s, in(10s));
    for (std::uint32_t s = 1; many > timer_wheel::few && s < many; ++s)
      wheel.disarm(timer_kind::connection, s);
    const std::size_t before = wheel.size();
    wheel.arm(timer_kind::connection, 0, in(60s));
    EXPECT_EQ(wheel.size(), before);
    EXPECT_EQ(wheel.armed(timer_kind::connection, 0), in(60s));
    wheel.disarm(timer_kind::connection, 0);
    EXPECT_EQ(wheel.size(), before - 1);
    EXPECT_EQ(wheel.next(), before == 1 ? never : in(10s));
  }
}

TEST(timer_wheel, goes_on_when_the_many_have_become_few) {
  timer_wheel wheel;
  constexpr std::uint32_t many = 3 * timer_wheel::few;
  for (std::uint32_t s = 0; s < many; ++s) wheel.arm(timer_kind::connection, s, in(1h + s * 1us));
  for (std::uint32_t s = 1; s < many; ++s) wheel.disarm(timer_kind::connection, s);
  EXPECT_EQ(wheel.size(), 1U);
  EXPECT_EQ(wheel.next(), in(1h));
  wheel.arm(timer_kind::dial, 7, in(30min));  // before what the wheel had turned to
  EXPECT_EQ(wheel.next(), in(30min));
  EXPECT_EQ(wheel.pop().slot, 7U);
  EXPECT_EQ(wheel.pop().slot, 0U);
}

TEST(timer_wheel, keeps_the_order_of_equal_times_wherever_they_wait) {
  timer_wheel wheel;
  constexpr std::uint32_t many = 2 * timer_wheel::few;
  for (std::uint32_t s = 0; s < many; ++s) wheel.arm(timer_kind::connection, s, in(1h));
  for (std::uint32_t s = 0; s < many; s += 2)
    wheel.arm(timer_kind::connection, s, in(1h));  // again
  for (std::uint32_t s = 1; s < many; s += 2) ASSERT_EQ(wheel.pop().slot, s);
  for (std::uint32_t s = 0; s < many; s += 2) ASSERT_EQ(wheel.pop().slot, s);
}

TEST(timer_wheel, turns_before_what_is_due_in_the_first_tick_of_a_turn) {
  timer_wheel wheel;
  constexpr duration turn{std::int64_t{1} << 32};
  wheel.arm(timer_kind::dial, 2, in(3 * turn + 500us));  // while there are few
  for (std::uint32_t s = 0; s < timer_wheel::few; ++s)
    wheel.arm(timer_kind::connection, s, in(s * 1ns));
  wheel.arm(timer_kind::dial, 1, in(3 * turn + 100us));
  for (std::uint32_t s = 0; s < timer_wheel::few; ++s) ASSERT_EQ(wheel.pop().slot, s);
  EXPECT_EQ(wheel.next(), in(3 * turn + 100us));
  EXPECT_EQ(wheel.pop().slot, 1U);
  EXPECT_EQ(wheel.pop().slot, 2U);
}

/// Writes and reads what fields() shows, as numbers.
struct numbers {
  static constexpr bool reading = false;
  void operator()(std::uint64_t n) { all.push_back(n); }
  void operator()(time_point t) {
    (*this)(static_cast<std::uint64_t>(t.time_since_epoch().count()));
  }
  void operator()(const table<deadline_queue::entry>& entries) {
    (*this)(entries.size());
    for (deadline_queue::entry e : entries) (*this)(e.at), (*this)(e.sequence), (*this)(e.owner);
  }
  std::vector<std::uint64_t> all;
};
struct numbers_back {
  static constexpr bool reading = true;
  void operator()(std::uint64_t& n) { n = *from++; }
  void operator()(table<deadline_queue::entry>& entries) {
    entries.resize(*from++);
    for (deadline_queue::entry& e : entries) {
      e.at = time_point{duration(static_cast<std::int64_t>(*from++))};
      e.sequence = *from++;
      e.owner = static_cast<std::uint32_t>(*from++);
    }
  }
  std::vector<std::uint64_t>::const_iterator from;
};

timer_wheel restored_from(timer_wheel& wheel) {
  numbers written;
  wheel.fields(written);
  timer_wheel restored;
  numbers_back back{written.all.begin()};
  restored.fields(back);
  return restored;
}

TEST(timer_wheel, a_checkpoint_does_not_say_where_deadlines_waited) {
  timer_wheel wheel;
  for (std::uint32_t s = 0; s < 6'000; ++s) wheel.arm(timer_kind::connection, s, in(s * 10ms));
  for (int i = 0; i < 3'000; ++i) wheel.pop();
  timer_wheel restored = restored_from(wheel);
  wheel.pop();
  restored.pop();
  numbers after;
  numbers after_restored;
  wheel.fields(after);
  restored.fields(after_restored);
  EXPECT_EQ(after.all, after_restored.all);
}

TEST(timer_wheel, a_checkpoint_holds_every_deadline_and_its_turn) {
  timer_wheel wheel;
  random_stream random(9);
  for (std::uint32_t s = 0; s < 10'000; ++s)
    wheel.arm(timer_kind::connection, s, later(time_point{}, some_delay(random)));
  for (int i = 0; i < 3'000; ++i) wheel.pop();
  timer_wheel restored = restored_from(wheel);
  ASSERT_EQ(restored.size(), wheel.size());
  restored.arm(timer_kind::dial, 1, in(5min));
  wheel.arm(timer_kind::dial, 1, in(5min));
  while (wheel.size() > 0) {
    ASSERT_EQ(restored.next(), wheel.next());
    const auto a = wheel.pop();
    const auto b = restored.pop();
    ASSERT_EQ(std::pair(a.kind, a.slot), std::pair(b.kind, b.slot));
  }
}

}  // namespace
}  // namespace tandem::detail
