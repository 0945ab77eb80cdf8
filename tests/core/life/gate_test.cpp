// SPDX-License-Identifier: MIT
// The gate by itself: what it says to whom, and where a connection counts.
#include "core/life/gate.hpp"

#include "core/driver.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace tandem::detail {
namespace {

using namespace std::chrono_literals;

/// An address in the wide subnet 8.8.`subnet`.0/24.
endpoint from(std::uint8_t subnet, std::uint8_t host) {
  return endpoint::v4(8, 8, subnet, host, 4001);
}

/// A gate and what it shares with the rest of a manager.
struct gated {
  explicit gated(const manager_options& with) : options(with) {}
  ~gated() {
    for (const connection_slot at : connections) door.give_back(connections[at]);
  }

  connection_slot come(const endpoint& where) {
    const connection_slot at = connections.take();
    connections[at].way = direction::inbound;
    connections[at].remote = where;
    return at;
  }
  refusal arrive(connection_slot at) { return door.arrival_refusal(connections[at], 0); }
  /// Arrives, and is pending.
  connection_slot pend(const endpoint& where) {
    const connection_slot at = come(where);
    EXPECT_FALSE(arrive(at));
    door.enter_pending(connections, at);
    return at;
  }
  /// Arrives and has a permit.
  connection_slot establish(const endpoint& where, std::uint32_t who) {
    const connection_slot at = come(where);
    EXPECT_FALSE(arrive(at));
    connections[at].peer = peers.intern(test::peer(who));
    connections[at].right = door.issue(claim_of(connections[at]));
    return at;
  }
  std::uint32_t permits_in(subnet_slot subnet) const { return subnets[subnet].permits; }

  manager_options options;
  time_point now{};
  random_stream random{1};
  manager_counters counters;
  peer_table peers;
  subnet_table subnets;
  shared with{options, now, random, counters, peers, subnets};
  slot_table<connection> connections;
  gate door{with};
};

TEST(gate, follows_a_rule_about_a_peer_before_one_about_its_network) {
  gated g({});
  const prefix network = first_bits(prefix_of(from(1, 0)), prefix::v4_from + 24);
  g.door.rule(network, access::denied, true, never);
  g.door.rule(test::peer(1), access::allowed, true, never);
  g.door.rule(test::peer(2), access::denied, true, never);
  EXPECT_FALSE(g.door.denies(test::peer(1), from(1, 1)));
  EXPECT_TRUE(g.door.denies(test::peer(2), from(2, 1)));
  EXPECT_TRUE(g.door.denies(test::peer(3), from(1, 1)));
  EXPECT_FALSE(g.door.denies(test::peer(3), from(2, 1)));
  EXPECT_TRUE(g.door.denies(peer_id{}, from(1, 1))) << "whoever answers there";
  g.door.rule(network, access::denied, false, never);
  EXPECT_FALSE(g.door.denies(test::peer(3), from(1, 1)));
}

TEST(gate, counts_nothing_of_an_arrival_from_a_denied_network) {
  manager_options options;
  options.accept_rate = 1;
  options.accept_burst = 1;
  gated g(options);
  const prefix network = first_bits(prefix_of(from(1, 0)), prefix::v4_from + 24);
  g.door.rule(network, access::denied, true, never);
  const connection_slot denied = g.come(from(1, 1));
  EXPECT_EQ(g.arrive(denied).why, cause::denied);
  EXPECT_EQ(g.connections[denied].wide, no_slot);
  EXPECT_EQ(g.subnets.size(), 0U);
  EXPECT_FALSE(g.arrive(g.come(from(2, 1)))) << "it took no token of the node";
}

TEST(gate, does_not_use_up_the_arrivals_of_others_for_a_subnet_beyond_its_own) {
  manager_options options;
  options.accept_rate = 1;
  options.accept_burst = 2;
  options.subnet_accept_rate = 1;
  options.subnet_accept_burst = 1;
  gated g(options);
  EXPECT_FALSE(g.arrive(g.come(from(1, 1))));
  for (int i = 0; i < 3; ++i) {
    const refusal no = g.arrive(g.come(from(1, 1)));
    EXPECT_EQ(no.why, cause::rate_limited);
    EXPECT_EQ(no.limit, options.subnet_accept_burst);
    EXPECT_EQ(no.until, g.now + 1s);
  }
  EXPECT_FALSE(g.arrive(g.come(from(2, 1))));
  EXPECT_EQ(g.arrive(g.come(from(3, 1))).limit, options.accept_burst) << "now the node's is empty";
}

TEST(gate, has_a_crowded_subnet_make_room_for_itself_and_a_crowded_node_for_anybody) {
  manager_options options;
  options.max_pending_per_wide_subnet = 2;
  options.max_pending_inbound = 3;
  gated g(options);
  const connection_slot other = g.pend(from(2, 1));
  const connection_slot first = g.pend(from(1, 1));
  EXPECT_FALSE(g.door.arrival_crowd(g.connections[first], 0, 0).no);
  const connection_slot second = g.pend(from(1, 2));

  const connection_slot same = g.come(from(1, 3)), elsewhere = g.come(from(3, 1));
  ASSERT_FALSE(g.arrive(same));
  ASSERT_FALSE(g.arrive(elsewhere));
  auto crowd = g.door.arrival_crowd(g.connections[same], 0, 0);
  EXPECT_EQ(crowd.no.why, cause::pending_limit_reached);
  EXPECT_EQ(std::pair(crowd.no.current, crowd.no.limit), std::pair(2UL, 2UL));
  EXPECT_EQ(crowd.oldest, first);
  crowd = g.door.arrival_crowd(g.connections[elsewhere], 0, 0);
  EXPECT_EQ(std::pair(crowd.no.current, crowd.no.limit), std::pair(3UL, 3UL));
  EXPECT_EQ(crowd.oldest, other);

  g.door.leave_unauthenticated(g.connections, first);
  EXPECT_EQ(g.door.arrival_crowd(g.connections[same], 0, 0).oldest, second);
  g.door.leave_unauthenticated(g.connections, second);
  const connection_slot nobody = g.door.arrival_crowd(g.connections[same], 0, 0).oldest;
  EXPECT_EQ(nobody, no_slot) << "all said who they are";
  EXPECT_TRUE(g.door.arrival_crowd(g.connections[same], 0, 0).no);
  g.door.leave_pending(g.connections, second);
  EXPECT_FALSE(g.door.arrival_crowd(g.connections[same], 0, 0).no);
}

TEST(gate, refuses_what_there_is_no_memory_for) {
  manager_options options;
  options.connection_memory = 1000;
  options.max_memory = 2999;
  gated g(options);
  EXPECT_FALSE(g.door.memory_crowd(direction::outbound, 1, 0).no);
  const refusal no = g.door.memory_crowd(direction::outbound, 2, 0).no;
  EXPECT_EQ(no.why, cause::memory_limit_reached);
  EXPECT_EQ(std::pair(no.current, no.limit), std::pair(2000UL, 2999UL));
  g.door.pressure(true);
  EXPECT_EQ(g.arrive(g.come(from(1, 1))).why, cause::memory_limit_reached) << "the host says so";
  g.door.pressure(false);
  EXPECT_FALSE(g.arrive(g.come(from(1, 1))));
}

TEST(gate, hands_the_permit_of_one_connection_to_another_of_its_peer) {
  manager_options options;
  options.max_connections_per_peer = 1;
  gated g(options);
  const connection_slot old = g.establish(from(1, 1), 1);
  const connection_slot newcomer = g.come(from(1, 2));
  ASSERT_FALSE(g.arrive(newcomer));
  g.connections[newcomer].peer = g.connections[old].peer;
  const claim wanted = claim_of(g.connections[newcomer]);
  EXPECT_EQ(g.door.permit_refusal(wanted).why, cause::per_peer_limit_reached);
  EXPECT_FALSE(g.door.refusal_instead(g.connections[old], wanted));
  EXPECT_EQ(g.counters.permits_live, 1U) << "asking changes nothing";
  g.connections[newcomer].right = g.door.hand_over(g.connections[old], wanted);
  EXPECT_FALSE(g.connections[old].right);
  EXPECT_EQ(g.permits_in(g.connections[old].narrow), 0U);
  EXPECT_EQ(g.permits_in(g.connections[newcomer].narrow), 1U);
  EXPECT_EQ(g.counters.permits_issued, 1U);
  EXPECT_TRUE(g.door.conserved());
  EXPECT_EQ(g.door.refusal_instead(g.connections[old], wanted).why, cause::per_peer_limit_reached)
      << "one that holds none has none to give";
}

TEST(gate, counts_all_anew_when_subnets_get_another_width) {
  gated g({});
  const connection_slot held = g.establish(from(1, 1), 1);
  const connection_slot first = g.pend(from(2, 1)), second = g.pend(from(3, 1));
  const manager_options before = g.options;
  g.options.subnet_v4_wide = 16;
  g.options.max_pending_per_wide_subnet = 2;
  g.door.options_changed(before, g.connections);
  EXPECT_EQ(g.connections[held].wide, g.connections[first].wide);
  EXPECT_EQ(g.permits_in(g.connections[held].wide), 1U);
  EXPECT_TRUE(g.door.conserved());
  const connection_slot next = g.come(from(4, 1));
  ASSERT_FALSE(g.arrive(next));
  const auto crowd = g.door.arrival_crowd(g.connections[next], 0, 0);
  EXPECT_EQ(crowd.no.current, 2U);
  EXPECT_EQ(crowd.oldest, first) << "in the order in which they came";
  g.door.leave_pending(g.connections, first);
  g.door.leave_pending(g.connections, second);
  EXPECT_EQ(g.subnets[g.connections[held].wide].pending, 0U);
}

TEST(gate, forgets_a_subnet_when_the_last_of_it_leaves) {
  manager_options options;
  options.subnet_accept_rate = 0;  // nothing to remember
  gated g(options);
  const connection_slot one = g.come(from(1, 1)), two = g.come(from(1, 2));
  ASSERT_FALSE(g.arrive(one));
  ASSERT_FALSE(g.arrive(two));
  EXPECT_EQ(g.subnets.size(), 3U);  // two addresses of one network
  const auto leave = [&](connection_slot at) {
    g.door.leave_subnet(g.connections[at].narrow);
    g.door.leave_subnet(g.connections[at].wide);
  };
  leave(one);
  EXPECT_EQ(g.subnets.size(), 2U);
  leave(two);
  EXPECT_EQ(g.subnets.size(), 0U);
}

}  // namespace
}  // namespace tandem::detail
