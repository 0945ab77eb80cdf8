// SPDX-License-Identifier: MIT
#include "core/full_node.hpp"

#include <gtest/gtest.h>

#include <map>

namespace tandem::test {
namespace {

TEST(churn, is_off_by_default) {
  full_node d;
  d.run_to(10h);
  EXPECT_EQ(d.counters().evicted_total, 0U);
}

TEST(churn, lets_one_of_a_full_node_go_every_interval_with_the_same_penalty) {
  manager_options options = scored();
  options.eviction = eviction_mode::off;
  options.churn_interval = 300s;
  full_node d(options);  // the first came at 1 s
  d.run_to(301s - 1ns);
  EXPECT_EQ(d.closes().size(), 0U);
  d.run_to(301s);
  ASSERT_EQ(d.closes().size(), 1U);
  EXPECT_EQ(d.when<actions::close>(), at(301s));
  EXPECT_EQ(d.last<actions::close>()->retry_after, 60s);
  const auto gone = static_cast<std::uint32_t>(d.closes()[0]) / 2;
  d.run_to(303s);
  d.come(conn(100), peer(gone));
  EXPECT_EQ(d.refused(cause::backing_off), 1U);
  d.run_to(601s);  // no longer full
  EXPECT_EQ(d.closes().size(), 1U);
  d.accept(conn(102), peer(50));
  d.run_to(901s);
  EXPECT_EQ(d.closes().size(), 2U);
  EXPECT_EQ(d.counters().evicted_total, 2U);
}

TEST(churn, takes_everyone_alike_but_the_protected) {
  manager_options options = scored(5);
  options.churn_interval = 300s;
  std::map<connection_id, int> gone;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    full_node d(options, seed);
    d.tell(events::peer_marked{peer(2), mark::protect});
    d.run_to(301s);
    for (const connection_id c : d.closes()) ++gone[c];
  }
  EXPECT_EQ(gone.size(), 4U);
  EXPECT_FALSE(gone.contains(conn(4)));
  for (const auto& [id, n] : gone) {
    EXPECT_GE(n, 70) << static_cast<std::uint64_t>(id);  // 100 +- 8.7
    EXPECT_LE(n, 130) << static_cast<std::uint64_t>(id);
  }
}

TEST(churn, of_protected_peers_only_does_nothing_and_goes_on) {
  manager_options options = scored(2);
  options.churn_interval = 300s;
  full_node d(options);
  for (std::uint32_t i = 1; i <= 2; ++i) d.tell(events::peer_marked{peer(i), mark::protect});
  d.run_to(1000s);
  EXPECT_EQ(d.closes().size(), 0U);
  d.tell(events::peer_marked{peer(1), mark::protect, false});
  d.run_to(1201s);
  EXPECT_EQ(d.closes(), ids{conn(2)});
}

TEST(churn, sets_no_deadline_without_connections_and_follows_the_configuration) {
  manager_options options = scored(2);
  options.churn_interval = 300s;
  driver idle(options);
  idle.run_to(1s);
  EXPECT_EQ(idle.manager.next_deadline(), never);
  full_node d(options);
  options.churn_interval = 10s;
  d.tell(events::configured{options});
  d.run_to(110s - 1ns);
  EXPECT_EQ(d.closes().size(), 0U);
  d.run_to(110s);
  EXPECT_EQ(d.closes().size(), 1U);
  options.churn_interval = 0s;
  d.tell(events::configured{options});
  d.run_to(10h);
  EXPECT_EQ(d.closes().size(), 1U);
}

}  // namespace
}  // namespace tandem::test
