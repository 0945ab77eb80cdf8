// SPDX-License-Identifier: MIT
#include "core/table/index_table.hpp"

#include "core/kept_fields.hpp"
#include "core/table/ring.hpp"
#include "tandem/core/ids.hpp"
#include "tandem/core/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <map>
#include <new>
#include <vector>

namespace tandem::detail {
namespace {

struct entry;
using entry_slot = slot<entry>;
using entries = index_table<entry>;

using hash_function = std::uint64_t (*)(std::uint64_t key);

/// Random keys come, go and are looked for; now and then it goes on with what a checkpoint holds.
void agrees_with_a_map(hash_function hash) {
  entries table;
  random_stream random(7);
  std::map<std::uint64_t, entry_slot> model;  // key -> slot
  std::map<entry_slot, std::uint64_t> keys;
  std::uint32_t next = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t key = random.up_to(300);
    const auto found = table.find(hash(key), [&](entry_slot s) { return keys.at(s) == key; });
    ASSERT_EQ(found, model.contains(key) ? model.at(key) : entry_slot());
    if (found == no_slot && model.size() < 150) {
      const entry_slot added(next++);
      table.insert(hash(key), added);
      keys[added] = key;
      model[key] = added;
    } else if (found != no_slot) {
      table.erase(hash(key), found);
      keys.erase(found);
      model.erase(key);
    }
    ASSERT_EQ(table.size(), model.size());
    if (i % 97 == 0) table = test::with_fields<entries>(test::fields_of(table));
  }
}

TEST(index_table, agrees_with_a_map_over_random_churn) { agrees_with_a_map(mix); }

TEST(index_table, agrees_with_a_map_when_hashes_collide) {
  // Long runs and wrap-around are what deletion must survive.
  agrees_with_a_map([](std::uint64_t key) { return key % 61 + 0xfffffff0; });
}

TEST(index_table, agrees_with_a_map_when_hashes_differ_in_a_bit_above_those_of_the_place) {
  agrees_with_a_map([](std::uint64_t key) { return (key & 1) << 25 | key % 50; });
}

TEST(index_table, is_as_it_was_when_there_is_no_memory_for_a_newcomer) {
  entries table;
  const auto nobody = [](entry_slot) { return false; };
  for (std::uint32_t s = 0; s < 6; ++s) table.insert(mix(s), entry_slot(s));
  EXPECT_THROW(table.find_or_insert(mix(6), nobody, []() -> entry_slot { throw std::bad_alloc(); }),
               std::bad_alloc);
  EXPECT_EQ(table.size(), 6U);
  for (std::uint32_t s = 0; s < 6; ++s)
    EXPECT_EQ(table.find(mix(s), [&](entry_slot x) { return x.index() == s; }), entry_slot(s));
  EXPECT_EQ(table.find_or_insert(mix(6), nobody, [] { return entry_slot(6); }), entry_slot(6));
  EXPECT_EQ(table.size(), 7U);
}

/// The costs of two tables with so many entries, after every second one was replaced: connections
/// as drivers number them, and peers whose keys count up.
std::array<entries::cost, 2> costs_of(std::uint32_t size) {
  entries connections;
  entries peers;
  const auto peer_hash = [](std::uint64_t n) {
    std::array<std::uint8_t, 38> raw{0, 36, 8, 1, 18, 32};
    for (std::size_t i = 0; i < 8; ++i) raw[6 + i] = static_cast<std::uint8_t>(n >> 8 * i);
    return hash_of(peer_id::from_bytes(raw), 42);
  };
  for (std::uint32_t n = 0; n < size; ++n) {
    connections.insert(hash_of_id(2 * n), entry_slot(n));
    peers.insert(peer_hash(n), entry_slot(n));
  }
  for (std::uint32_t n = 0; n < size; n += 2) {
    connections.erase(hash_of_id(2 * n), entry_slot(n));
    peers.erase(peer_hash(n), entry_slot(n));
    connections.insert(hash_of_id(2 * (n + size)), entry_slot(n));
    peers.insert(peer_hash(n + size), entry_slot(n));
  }
  return {connections.probes(), peers.probes()};
}

TEST(index_table, looks_at_few_cells_however_many_there_are) {
  // Right before it doubles: half full. Knuth, TAOCP 3, 6.4: (1 + 1 / (1 - 1/2)) / 2.
  for (const std::uint32_t size : {512U, 65'536U, 524'288U}) {
    for (const entries::cost& c : costs_of(size)) {
      EXPECT_GT(c.mean, 1.2) << size;
      EXPECT_LT(c.mean, 2) << size;
      EXPECT_LT(c.worst, 128U) << size;
    }
  }
}

TEST(index_table, ids_that_collide_under_one_salt_do_not_under_another) {
  random_stream random(11);
  std::vector<peer_id> colliding;  // in the 12 lowest bits
  for (std::uint64_t n = 0; colliding.size() < 64; ++n) {
    std::array<std::uint8_t, 38> raw{0, 36, 8, 1, 18, 32};
    for (std::size_t i = 6; i < raw.size(); ++i)
      raw[i] = static_cast<std::uint8_t>(random.up_to(255));
    const peer_id id = peer_id::from_bytes(raw);
    if ((hash_of(id, 1) & 0xfff) == 0) colliding.push_back(id);
  }
  const auto worst = [&](std::uint64_t salt) {
    entries table;
    for (std::uint32_t s = 0; s < colliding.size(); ++s)
      table.insert(hash_of(colliding[s], salt), entry_slot(s));
    return table.probes().worst;
  };
  EXPECT_EQ(worst(1), 65U);
  EXPECT_LT(worst(2), 24U);
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
