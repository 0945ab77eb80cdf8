// SPDX-License-Identifier: MIT
#include "net/protocol/memory_budget.hpp"

#include "net/protocol/connection_memory.hpp"

#include <gtest/gtest.h>

namespace tandem {
namespace {

std::shared_ptr<memory_pool> pool_of(const memory_limits& limits) {
  auto pool = std::make_shared<memory_pool>();
  pool->limit(limits);
  return pool;
}

TEST(memory_budget, is_granted_up_to_the_share_and_the_loan_and_no_byte_more) {
  connection_memory one(pool_of({100, 1000, 50}));
  EXPECT_TRUE(one.budget.claim(100));
  EXPECT_EQ(one.pool->lent(), 0U);
  EXPECT_FALSE(one.budget.claim(51));
  EXPECT_EQ(one.pool->refused(), 1U);
  EXPECT_TRUE(one.budget.claim(50));
  EXPECT_EQ(one.pool->lent(), 50U);
  EXPECT_FALSE(one.budget.claim(1));
  one.budget.give(1);
  EXPECT_TRUE(one.budget.claim(1));
  one.budget.give(150);
  EXPECT_EQ(one.pool->used(), 0U);
  EXPECT_EQ(one.pool->lent(), 0U);
}

TEST(memory_budget, of_one_connection_has_a_bound_of_its_own) {
  connection_memory one(pool_of({100, 120, 1000}));
  EXPECT_FALSE(one.budget.claim(121));
  EXPECT_TRUE(one.budget.claim(120));
  EXPECT_FALSE(one.budget.claim(1));
}

TEST(memory_budget, that_the_program_holds_outlives_the_connection_and_is_a_loan_then) {
  const auto pool = pool_of({100, 1000, 400});
  auto one = std::make_unique<connection_memory>(pool);
  auto held = memory_hold::of(one->shared, 80);
  ASSERT_TRUE(held);
  EXPECT_TRUE(one->budget.claim(20));
  EXPECT_EQ(pool->lent(), 0U) << "within its share";
  one->budget.give(20);
  one.reset();
  EXPECT_EQ(pool->used(), 80U);
  EXPECT_EQ(pool->lent(), 80U);
  EXPECT_EQ(pool->held(), 80U);
  held.reset();
  EXPECT_EQ(pool->used() + pool->lent() + pool->held(), 0U);
}

TEST(memory_budget, that_programs_hold_leaves_others_half_of_what_is_lent) {
  const auto pool = pool_of({100, 1000, 400});
  connection_memory one(pool), other(pool);
  const auto held = memory_hold::of(one.shared, 150);
  ASSERT_TRUE(held);
  EXPECT_FALSE(memory_hold::of(other.shared, 101)) << "251 of 200";
  EXPECT_EQ(pool->refused(), 1U);
  EXPECT_TRUE(memory_hold::of(other.shared, 100)) << "its share";
  EXPECT_TRUE(other.budget.claim(100 + 350)) << "of 400 one has 50";
}

TEST(memory_budget, that_programs_hold_may_be_half_of_what_is_lent_and_no_byte_more) {
  const auto pool = pool_of({0, 1000, 400});
  connection_memory one(pool), other(pool);
  const auto held = memory_hold::of(one.shared, 150);
  EXPECT_FALSE(memory_hold::of(other.shared, 51));
  auto rest = memory_hold::of(other.shared, 50);
  EXPECT_TRUE(rest);
  EXPECT_FALSE(memory_hold::of(other.shared, 1));
  rest.reset();
  EXPECT_TRUE(memory_hold::of(other.shared, 50));
}

TEST(memory_budget, that_a_program_holds_is_not_called_in) {
  const auto pool = pool_of({0, 1000, 400});
  connection_memory holding(pool), other(pool), asking(pool);
  const auto held = memory_hold::of(holding.shared, 200);
  other.when_asked = [&] { other.budget.give(100); };
  ASSERT_TRUE(held && other.budget.claim(180));
  EXPECT_TRUE(asking.budget.claim(110));
  EXPECT_EQ(holding.sheds, 0);
  EXPECT_EQ(other.sheds, 1);
}

TEST(memory_budget, leaves_every_connection_its_share) {
  const auto pool = pool_of({100, 1000, 50});
  connection_memory one(pool), other(pool);
  EXPECT_TRUE(one.budget.claim(150));
  EXPECT_TRUE(other.budget.claim(100));
  EXPECT_EQ(one.sheds, 0);
  EXPECT_EQ(pool->used(), 250U);
}

TEST(memory_budget, is_called_in_from_whoever_borrowed_most_for_one_that_asks_for_less) {
  const auto pool = pool_of({100, 1000, 300});
  connection_memory small(pool), large(pool), asking(pool);
  large.when_asked = [&] { large.budget.give(250); };
  ASSERT_TRUE(small.budget.claim(150));
  ASSERT_TRUE(large.budget.claim(350));
  EXPECT_TRUE(asking.budget.claim(100 + 249)) << "less than the 250 that another borrowed";
  EXPECT_EQ(large.sheds, 1);
  EXPECT_EQ(small.sheds, 0);
  EXPECT_EQ(pool->shed(), 1U);
}

TEST(memory_budget, is_not_called_in_for_one_that_would_hold_as_much) {
  const auto pool = pool_of({100, 1000, 300});
  connection_memory large(pool), asking(pool);
  large.when_asked = [&] { large.budget.give(250); };
  ASSERT_TRUE(large.budget.claim(350));
  EXPECT_FALSE(asking.budget.claim(100 + 250));
  EXPECT_EQ(large.sheds, 0);
}

TEST(memory_budget, is_refused_when_who_borrowed_most_cannot_give_it_back_now) {
  const auto pool = pool_of({100, 1000, 300});
  connection_memory busy(pool), asking(pool);
  ASSERT_TRUE(busy.budget.claim(400));
  EXPECT_FALSE(asking.budget.claim(101));
  EXPECT_EQ(busy.sheds, 1);
  EXPECT_EQ(pool->shed(), 0U);
}

TEST(memory_budget, is_called_in_when_the_limit_falls_below_it) {
  const auto pool = pool_of({100, 1000, 300});
  connection_memory one(pool);
  one.when_asked = [&] { one.budget.give(200); };
  ASSERT_TRUE(one.budget.claim(300));
  pool->limit({100, 1000, 200});
  EXPECT_EQ(one.sheds, 0);
  pool->limit({100, 1000, 199});
  EXPECT_EQ(one.sheds, 1);
  EXPECT_EQ(pool->lent(), 0U);
}

TEST(memory_budget, for_speed_is_a_quarter_of_what_is_left) {
  const auto pool = pool_of({100, 1000, 300});
  connection_memory one(pool), other(pool);
  EXPECT_EQ(one.budget.take_up_to(1000), 100U);
  EXPECT_EQ(one.budget.take_up_to(10), 10U);
  ASSERT_TRUE(other.budget.claim(390));
  EXPECT_EQ(one.budget.take_up_to(1000), 0U);
  EXPECT_EQ(other.sheds, 0) << "nobody has to shed for it";
}

TEST(memory_budget, goes_back_with_its_connection) {
  const auto pool = pool_of({100, 1000, 900});
  connection_memory stays(pool);
  {
    connection_memory first(pool);
    ASSERT_TRUE(stays.budget.claim(200));
    ASSERT_TRUE(first.budget.claim(500));
  }
  EXPECT_EQ(pool->used(), 200U);
  EXPECT_EQ(pool->lent(), 100U);
}

TEST(charged_bytes, are_charged_what_they_take_before_they_take_it) {
  connection_memory one(pool_of({100, 100, 0}));
  charged_bytes bytes(one.budget);
  EXPECT_TRUE(bytes.append(byte_buffer(60)));
  EXPECT_EQ(one.budget.used(), 60U);
  EXPECT_FALSE(bytes.append(byte_buffer(41), 101));
  EXPECT_EQ(bytes.size(), 60U);
  EXPECT_EQ(one.budget.used(), 60U);
  EXPECT_TRUE(bytes.append(byte_buffer(40), 100)) << "doubles up to what there will be";
  EXPECT_EQ(one.budget.used(), 100U);
  EXPECT_EQ(bytes.capacity(), 100U);
}

TEST(charged_bytes, give_their_memory_back_when_none_is_left) {
  connection_memory one;
  charged_bytes bytes(one.budget);
  EXPECT_TRUE(bytes.append(byte_buffer{1, 2, 3}));
  bytes.drop_front(2);
  EXPECT_EQ(byte_buffer(bytes.view().begin(), bytes.view().end()), byte_buffer{3});
  bytes.drop_front(1);
  EXPECT_EQ(bytes.capacity(), 0U);
  EXPECT_EQ(one.budget.used(), 0U);
}

TEST(charged_bytes, move_to_the_front_before_they_grow) {
  connection_memory one;
  charged_bytes bytes(one.budget);
  EXPECT_TRUE(bytes.append(byte_buffer(8, 1)));
  bytes.drop_front(3);
  EXPECT_TRUE(bytes.append(byte_buffer(3, 2)));
  EXPECT_EQ(bytes.capacity(), 8U);
  EXPECT_EQ(byte_buffer(bytes.view().begin(), bytes.view().end()),
            (byte_buffer{1, 1, 1, 1, 1, 2, 2, 2}));
}

}  // namespace
}  // namespace tandem
