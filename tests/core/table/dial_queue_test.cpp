// SPDX-License-Identifier: MIT
#include "core/table/dial_queue.hpp"

#include "core/kept_fields.hpp"
#include "tandem/core/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

namespace tandem::detail {
namespace {

struct waiter;
using waiter_slot = slot<waiter>;

TEST(dial_rank, puts_priority_before_having_nothing_in_flight_before_coming_first) {
  const dial_rank ranks[] = {{7, false, 9}, {7, true, 1}, {0, false, 2},
                             {0, false, 3}, {0, true, 0}, {-1, false, 0}};
  for (std::size_t i = 0; i < std::size(ranks); ++i)
    for (std::size_t j = 0; j < std::size(ranks); ++j)
      EXPECT_EQ(ranks[i].before(ranks[j]), i < j) << i << " before " << j;
}

TEST(dial_queue, serves_by_rank) {
  dial_queue<waiter, best_first> queue;
  EXPECT_TRUE(queue.empty());
  queue.put(waiter_slot(4), {0, false, 1});
  queue.put(waiter_slot(2), {0, false, 2});
  queue.put(waiter_slot(9), {5, false, 3});
  EXPECT_EQ(queue.size(), 3U);
  EXPECT_EQ(queue.front(), waiter_slot(9));
  EXPECT_EQ(queue.front_rank().priority, 5);
  queue.erase(waiter_slot(9));
  EXPECT_EQ(queue.front(), waiter_slot(4));
  queue.put(waiter_slot(2), {6, false, 2});  // moved
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(queue.front(), waiter_slot(2));
  EXPECT_FALSE(queue.contains(waiter_slot(9)));
  queue.erase(waiter_slot(9));
  queue.erase(waiter_slot(1000));
  EXPECT_EQ(queue.size(), 2U);
}

/// Against a plain list searched from end to end.
template <class First>
void agrees_with_a_search_of_a_list() {
  dial_queue<waiter, First> queue;
  std::vector<std::optional<dial_rank>> model(40);
  random_stream random(7);
  for (std::uint64_t step = 0; step < 20'000; ++step) {
    const auto i = static_cast<std::uint32_t>(random.up_to(model.size() - 1));
    if (random.up_to(1) == 0) {
      queue.erase(waiter_slot(i));
      model[i].reset();
    } else {
      model[i] = {static_cast<std::int32_t>(random.up_to(4)) - 2, random.up_to(1) == 0, step};
      queue.put(waiter_slot(i), *model[i]);
    }
    std::optional<std::uint32_t> first;
    for (std::uint32_t k = 0; k < model.size(); ++k) {
      ASSERT_EQ(queue.contains(waiter_slot(k)), model[k].has_value());
      if (model[k] && (!first || First()(*model[k], *model[*first]))) first = k;
    }
    ASSERT_EQ(queue.empty(), !first);
    if (first) {
      ASSERT_EQ(queue.front(), waiter_slot(*first)) << "step " << step;
    }
    if (step % 97 == 0)
      queue = test::with_fields<dial_queue<waiter, First>>(test::fields_of(queue));
  }
}

TEST(dial_queue, agrees_with_a_search_of_a_list_in_both_directions) {
  agrees_with_a_search_of_a_list<best_first>();
  agrees_with_a_search_of_a_list<worst_first>();
}

}  // namespace
}  // namespace tandem::detail
