// SPDX-License-Identifier: MIT
#include "core/index_table.hpp"

#include "core/ring.hpp"
#include "tandem/core/random.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>

namespace tandem::detail {
namespace {

TEST(index_table, agrees_with_a_map_over_random_churn) {
  index_table table;
  random_stream random(7);
  std::map<std::uint64_t, slot_index> model;  // key -> slot
  std::map<slot_index, std::uint64_t> keys;
  // A poor hash on purpose: long runs and wrap-around are what deletion must survive.
  const auto poor = [](std::uint64_t key) { return key % 61 + 0xfffffff0ULL; };
  slot_index next = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t key = random.up_to(300);
    const auto found = table.find(poor(key), [&](slot_index s) { return keys.at(s) == key; });
    ASSERT_EQ(found, model.contains(key) ? model.at(key) : no_slot);
    if (found == no_slot && model.size() < 150) {
      table.insert(poor(key), next);
      keys[next] = key;
      model[key] = next++;
    } else if (found != no_slot) {
      table.erase(poor(key), found);
      keys.erase(found);
      model.erase(key);
    }
    ASSERT_EQ(table.size(), model.size());
  }
}

TEST(ring, keeps_order_across_growth_and_wrap_around) {
  ring<int> r;
  std::deque<int> model;
  random_stream random(3);
  for (int i = 0; i < 10'000; ++i) {
    if (model.empty() || random.up_to(99) < 52) {
      r.push(i);
      model.push_back(i);
    } else {
      ASSERT_EQ(r.pop(), model.front());
      model.pop_front();
    }
    ASSERT_EQ(r.size(), model.size());
  }
}

}  // namespace
}  // namespace tandem::detail
