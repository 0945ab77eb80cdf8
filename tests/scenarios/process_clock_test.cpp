// SPDX-License-Identifier: MIT
#include "run/fault/process_clock.hpp"

#include "tandem/sim/kernel.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tandem::scenarios {
namespace {

using std::chrono::seconds;

constexpr time_point at(int s) { return time_point(seconds(s)); }

TEST(process_clock, changes_no_order_before_something_ails_its_process) {
  const auto order = [](bool wrapped) {
    sim::kernel inner;
    process_clock first(inner), second(inner);
    tandem::clock& one = wrapped ? static_cast<tandem::clock&>(first) : inner;
    tandem::clock& other = wrapped ? static_cast<tandem::clock&>(second) : inner;
    std::string seen;
    const auto say = [&seen](char what) { return [&seen, what] { seen += what; }; };
    one.at(at(2), say('a'));
    other.at(at(1), say('b'));
    other.at(at(2), say('c'));
    one.at(at(1), [&] {
      seen += 'd';
      other.at(at(2), say('e'));
      one.at(at(2), say('f'));
    });
    one.cancel(one.at(at(2), say('x')));
    inner.at(at(2), say('g'));
    inner.run_until(at(3));
    return seen;
  };
  EXPECT_EQ(order(false), "bdacgef");
  EXPECT_EQ(order(true), order(false));
}

TEST(process_clock, does_what_was_due_in_the_order_of_its_times_when_it_goes_on) {
  sim::kernel inner;
  process_clock clock(inner);
  std::vector<std::pair<char, time_point>> seen;
  const auto say = [&](char what) {
    return [&seen, &clock, what] { seen.emplace_back(what, clock.now()); };
  };
  clock.at(at(3), say('c'));
  clock.at(at(2), say('b'));
  clock.at(at(9), say('d'));
  const auto gone = clock.at(at(2), say('x'));
  clock.stand_still(true);
  clock.at(at(1), say('a'));
  inner.run_until(at(5));
  clock.cancel(gone);
  EXPECT_TRUE(seen.empty());
  clock.stand_still(false);
  inner.run_until(at(10));
  const std::vector<std::pair<char, time_point>> expected{
      {'a', at(5)}, {'b', at(5)}, {'c', at(5)}, {'d', at(9)}};
  EXPECT_EQ(seen, expected);
}

TEST(process_clock, jumps_ahead_and_keeps_the_jump) {
  sim::kernel inner;
  process_clock clock(inner);
  std::vector<time_point> seen;
  clock.at(at(7), [&] { seen.push_back(inner.now()); });
  clock.at(at(3), [&] { seen.push_back(inner.now()); });
  inner.at(at(2), [&] { clock.go_ahead(seconds(4)); });
  inner.run_until(at(9));
  EXPECT_EQ(seen, (std::vector{at(2), at(3)}));
  EXPECT_EQ(clock.now(), at(13));
}

TEST(process_clock, may_be_called_by_what_a_forgotten_task_owned) {
  sim::kernel inner;
  auto clock = std::make_unique<process_clock>(inner);
  struct owner {
    owner(process_clock* clock_, timer_id other_) : of(clock_), other(other_) {}
    owner(const owner&) = delete;
    process_clock* of;
    timer_id other;
    ~owner() { of->cancel(other); }
  };
  const auto other = clock->at(at(1), [] {});
  const auto id = clock->at(at(1), [own = std::make_shared<owner>(clock.get(), other)] {});
  clock->cancel(id);
  clock->at(at(1), [own = std::make_shared<owner>(clock.get(), other)] {});
  clock.reset();
  EXPECT_EQ(inner.tasks_pending(), 0U);
}

}  // namespace
}  // namespace tandem::scenarios
