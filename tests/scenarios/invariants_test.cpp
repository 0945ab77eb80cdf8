// SPDX-License-Identifier: MIT
// Every built-in invariant of counts breaks when what it forbids is told to the ledger.
#include "ledger_support.hpp"

namespace tandem::scenarios {
namespace {

TEST_F(ledger, a_third_connection_with_one_peer_breaks_the_limit_per_peer) {
  tell(notice::connection_established, 1);
  tell(notice::connection_established, 3);
  EXPECT_EQ(broken(), names{});
  tell(notice::connection_established, 5);
  EXPECT_EQ(broken(), names{"max_connections_per_peer is never exceeded"});
}

// A manager that never heard of the limits of its scenario, as after a world dropped them.
TEST_F(ledger, a_manager_beyond_the_limits_of_its_scenario_breaks_them) {
  const auto drain = [](connection_manager& manager) {
    while (manager.poll_action()) {
    }
  };
  const auto strict = parse_scenario(
      "{scenario: s, duration: 1s, groups: {g: {count: 2, manager: {max_connections: 2,"
      " max_connections_per_peer: 2, max_pending_inbound: 2}}}}",
      "f");
  tracker judge(strict, 1s);
  judge.begin(place);
  auto& manager = place.managers[0];
  const auto broken_now = [&] {
    judge.on_step(0, {}, manager);
    names all;
    for (const auto& [name, how] : judge.violations()) all.push_back(name);
    return all;
  };
  for (std::uint64_t n = 1; n <= 3; ++n) {
    const connection_id id{2 * n};
    manager.handle({}, events::arrived{id, {}});
    drain(manager);
    EXPECT_EQ(broken_now().size(), n <= 2 ? 0u : 1u);
  }
  EXPECT_EQ(broken_now(), names{"max_pending_inbound is never exceeded"});
  for (std::uint64_t n = 1; n <= 3; ++n) {
    manager.handle({}, events::authenticated{connection_id{2 * n}, identity::of_node(1, n).id()});
    drain(manager);
  }
  EXPECT_EQ(broken_now(),
            (names{"max_pending_inbound is never exceeded", "max_connections is never exceeded"}));
}

TEST_F(ledger, a_close_without_a_connection_breaks) {
  tell(notice::connection_established, 1);
  tell(notice::connection_closed, 1);
  EXPECT_EQ(broken(), names{});
  tell(notice::connection_closed, 1);
  EXPECT_EQ(broken(), names{"every close has its connection"});
}

TEST_F(ledger, a_notification_the_counters_do_not_know_breaks) {
  tell(notice::connection_established, 1);
  under_test.on_step(0, {}, place.managers[0]);
  EXPECT_EQ(broken(),
            (names{"metrics equal the ledger: established", "metrics equal the ledger: active",
                   "metrics equal the ledger: peers"}));
}

TEST_F(ledger, counts_a_killed_nodes_gauges_no_more) {
  EXPECT_EQ(under_test.group(0).numbers[*measure_named("icn_p2p_connection_limit")].value(), 512u);
  under_test.on_killed(0, {});
  EXPECT_EQ(under_test.group(0).numbers[*measure_named("icn_p2p_connection_limit")].value(), 256u);
  EXPECT_EQ(broken(), names{});
}

TEST(tracked_number, means_over_time) {
  tracked_number n;
  n.begin({}, 0);
  n.add(time_point(1s), 10, 0);
  n.add(time_point(3s), 0, 10);
  EXPECT_DOUBLE_EQ(n.mean(time_point(4s)), 5.0) << "10 for 2 of 4 seconds";
  EXPECT_EQ(n.min(), 0u);
  EXPECT_EQ(n.max(), 10u);
}

}  // namespace
}  // namespace tandem::scenarios
