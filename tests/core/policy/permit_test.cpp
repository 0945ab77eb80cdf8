// SPDX-License-Identifier: MIT
#include "core/policy/permit.hpp"

#include "core/driver.hpp"

#include <gtest/gtest.h>

#include <type_traits>

namespace tandem::detail {
namespace {

static_assert(std::is_nothrow_move_constructible_v<permit>);
static_assert(std::is_nothrow_move_assignable_v<permit>);
static_assert(!std::is_copy_constructible_v<permit> && !std::is_copy_assignable_v<permit>);

struct books {
  manager_counters counters;
  peer_table peers;
  subnet_table subnets;
  permit_ledger ledger{counters, peers, subnets};
  claim of(std::uint32_t n, direction way) {
    return {peers.intern(test::peer(n)), no_slot, no_slot, way};
  }
};

TEST(permit, is_given_back_once_by_its_last_holder) {
  books b;
  const claim wanted = b.of(1, direction::inbound);
  permit first = b.ledger.issue(wanted);
  EXPECT_EQ(b.counters.permits_live, 1U);
  permit second = std::move(first);
  permit third;
  third = std::move(second);
  permit& same = third;
  third = std::move(same);
  EXPECT_TRUE(third);
  EXPECT_FALSE(first);
  EXPECT_FALSE(second);
  EXPECT_EQ(b.counters.permits_issued, 1U);
  EXPECT_EQ(b.counters.permits_released, 0U);
  EXPECT_EQ(b.peers[wanted.peer].permits, 1U);
  EXPECT_TRUE(b.ledger.conserved());
  b.ledger.give_back(third, wanted);
  EXPECT_FALSE(third);
  EXPECT_EQ(b.counters.permits_released, 1U);
  EXPECT_EQ(b.counters.permits_live, 0U);
  EXPECT_EQ(b.peers[wanted.peer].permits, 0U);
  EXPECT_TRUE(b.ledger.conserved());
}

TEST(permit, that_moves_counts_where_it_went) {
  books b;
  const claim to = b.of(1, direction::inbound);
  permit right = b.ledger.issue(b.of(1, direction::outbound));
  b.ledger.uncount(b.of(1, direction::outbound));
  b.ledger.count(to);
  EXPECT_EQ(b.counters.permits_outbound, 0U);
  EXPECT_EQ(b.counters.permits_inbound, 1U);
  EXPECT_EQ(b.counters.permits_issued, 1U);
  EXPECT_EQ(b.counters.permits_released, 0U);
  EXPECT_TRUE(b.ledger.conserved());
  b.ledger.give_back(right, to);
}

TEST(permit_death, of_one_that_is_held) {
  books b;
  const claim wanted = b.of(1, direction::inbound);
  permit right = b.ledger.issue(wanted);
  permit other = b.ledger.issue(wanted);
  EXPECT_DEATH({ permit lost = std::move(right); }, "a permit is lost");
  EXPECT_DEATH(right = std::move(other), "give back the one that is held");
  b.ledger.give_back(right, wanted);
  EXPECT_DEATH(b.ledger.give_back(right, wanted), "assertion failed: right");
  b.ledger.give_back(other, wanted);
}

TEST(permit, counts_that_disagree_are_not_conserved) {
  books b;
  const claim wanted = b.of(1, direction::inbound);
  permit right = b.ledger.issue(wanted);
  const auto broken = [&](auto& count) {
    ++count;
    const bool noticed = !b.ledger.conserved();
    --count;
    return noticed && b.ledger.conserved();
  };
  EXPECT_TRUE(broken(b.counters.permits_issued));
  EXPECT_TRUE(broken(b.counters.permits_released));
  EXPECT_TRUE(broken(b.counters.permits_live));
  EXPECT_TRUE(broken(b.counters.permits_inbound));
  EXPECT_TRUE(broken(b.counters.permits_outbound));
  EXPECT_TRUE(broken(b.peers[wanted.peer].permits));
  b.ledger.give_back(right, wanted);
}

}  // namespace
}  // namespace tandem::detail
