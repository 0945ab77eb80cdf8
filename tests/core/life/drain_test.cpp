// SPDX-License-Identifier: MIT
#include "core/driver.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tandem::test {
namespace {

using ids = std::vector<connection_id>;

manager_options roomy() {
  manager_options options;
  options.max_connections = 10;
  options.max_connections_per_peer = 2;
  options.connection_timeout = 24h;
  options.liveness_interval = 24h;
  return options;
}

struct drain : testing::Test {
  manager_options options = roomy();
  driver d{options};

  void fill(std::uint32_t count, const endpoint& from = address()) {
    for (std::uint32_t i = 1; i <= count; ++i) {
      d.run_for(1s);
      come(conn(2 * i), peer(i), from);
      d.tell(events::ready{conn(2 * i)});
    }
  }
  void come(connection_id c, const peer_id& who, const endpoint& from) {
    d.tell(events::arrived{c, from});
    d.tell(events::authenticated{c, who});
  }
  void configure() { d.tell(events::configured{options}); }
  /// What close or abort named, in order, with this reason.
  ids gone(cause why) const {
    ids found;
    for (const driver::step& s : d.log) {
      if (const auto* x = std::get_if<actions::close>(&s.what); x && x->reason == why)
        found.push_back(x->conn);
      if (const auto* x = std::get_if<actions::abort>(&s.what); x && x->reason == why)
        found.push_back(x->conn);
    }
    return found;
  }
  void end_all(const ids& which) {
    for (const connection_id c : which) d.tell(events::closed{c, cause::remote_closed});
  }
};

TEST_F(drain, closes_the_surplus_and_no_more_the_worst_first_and_protected_peers_last) {
  fill(10);
  d.run_to(1h);
  d.tell(events::peer_marked{peer(10), mark::protect});
  d.tell(events::peer_marked{peer(9), mark::protect});
  d.tell(events::peer_marked{peer(8), mark::tag, true, never, 50});
  d.tell(events::peer_marked{peer(2), mark::tag, true, never, -50});
  options.max_connections = 9;
  configure();
  ids expected{conn(4)};
  EXPECT_EQ(gone(cause::limit_reached), expected);
  EXPECT_EQ(d.last<actions::close>()->drain_until, d.now + 3s);
  options.max_connections = 3;  // what drains already is no part of the surplus
  configure();
  // The youngest of equals first.
  for (const std::uint64_t n : {14, 12, 10, 8, 6, 2}) expected.push_back(conn(n));
  EXPECT_EQ(gone(cause::limit_reached), expected);
  EXPECT_EQ(d.counters().permits_live, 10U);
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  end_all(expected);
  EXPECT_EQ(d.counters().permits_live, 3U);
  EXPECT_EQ(d.last(notice::connection_closed).why, cause::limit_reached);
  options.max_connections = options.max_connections_per_peer = 1;
  configure();
  expected.insert(expected.end(), {conn(16), conn(20)});
  EXPECT_EQ(gone(cause::limit_reached), expected);
  EXPECT_EQ(d.counters().evicted_total, 0U);
  EXPECT_EQ(d.counters().remembered_peers, 0U);  // nobody is to blame
}

TEST_F(drain, does_nothing_for_a_limit_that_still_holds_or_was_raised) {
  fill(6);
  options.max_connections = 6;
  configure();
  options.max_connections = 20;
  configure();
  options.max_connections_per_peer = 1;
  configure();
  options.max_inbound_connections = 6;
  options.max_outbound_connections = 1;
  configure();
  // The addresses are exempt.
  options.max_connections_per_narrow_subnet = options.max_connections_per_wide_subnet = 1;
  configure();
  EXPECT_EQ(d.counters().ignored_events, 0U);
  EXPECT_EQ(d.count<actions::close>(), 0U);
  EXPECT_EQ(d.count<actions::abort>(), 0U);
}

TEST_F(drain, closes_what_a_lowered_memory_budget_leaves_no_room_for) {
  options.connection_memory = 1000;
  options.max_memory = 8000;
  configure();
  fill(8);
  d.run_to(1h);
  d.tell(events::peer_marked{peer(8), mark::protect});
  options.max_memory = 8999;  // above, and as many
  configure();
  options.max_memory = 8000;
  configure();
  EXPECT_EQ(d.count<actions::close>(), 0U);
  options.max_memory = 7999;
  configure();
  ids expected{conn(14)};  // the youngest that is not protected
  EXPECT_EQ(gone(cause::memory_limit_reached), expected);
  options.connection_memory = 2000;  // room for 3
  configure();
  for (const std::uint64_t n : {12, 10, 8, 6}) expected.push_back(conn(n));
  EXPECT_EQ(gone(cause::memory_limit_reached), expected);
  end_all(expected);
  EXPECT_EQ(d.counters().permits_live, 3U);
  EXPECT_EQ(d.last(notice::connection_closed).why, cause::memory_limit_reached);
  d.tell(events::arrived{conn(100), address()});
  EXPECT_EQ(describe(d.last(notice::inbound_refused)),
            "MemoryLimitReached{limit: 7999, current: 6000}");
  options.max_memory = 0;  // no limit
  configure();
  EXPECT_EQ(gone(cause::memory_limit_reached), expected);
  options.max_memory = 2000;  // from none to one
  configure();
  expected.insert(expected.end(), {conn(4), conn(2)});  // protected peers last
  EXPECT_EQ(gone(cause::memory_limit_reached), expected);
}

TEST_F(drain, newcomers_are_refused_until_the_count_is_below_the_new_limit) {
  fill(4);
  options.max_connections = 3;
  configure();
  come(conn(100), peer(50), address());
  EXPECT_EQ(describe(d.last(notice::inbound_refused)), "LimitReached{limit: 3, current: 4}");
  end_all(gone(cause::limit_reached));
  come(conn(102), peer(51), address());
  EXPECT_EQ(describe(d.last(notice::inbound_refused)), "LimitReached{limit: 3, current: 3}");
  end_all({conn(2)});
  come(conn(104), peer(52), address());
  EXPECT_EQ(d.counters().permits_live, 3U);
  EXPECT_EQ(d.refused(cause::limit_reached), 2U);
}

TEST_F(drain, of_an_over_full_node_evicts_nobody_on_top) {
  options.eviction = eviction_mode::scored;
  configure();
  fill(10);
  options.max_connections = 8;
  configure();
  come(conn(100), peer(50), address());
  EXPECT_EQ(d.counters().evicted_total, 0U);
  EXPECT_EQ(d.refused(cause::limit_reached), 1U);
}

TEST_F(drain, is_per_direction) {
  for (std::uint32_t i = 1; i <= 4; ++i) {
    d.dial(req(i), peer(100 + i));
    d.connect(peer(100 + i));
  }
  fill(4);
  d.tell(events::peer_marked{peer(4), mark::protect});
  options.max_inbound_connections = 3;
  configure();
  EXPECT_EQ(gone(cause::inbound_limit_reached), ids{conn(6)});
  options.max_outbound_connections = 1;
  configure();
  EXPECT_EQ(gone(cause::outbound_limit_reached), (ids{conn(7), conn(5), conn(3)}));
  EXPECT_EQ(d.count<actions::close>(), 4U);
}

TEST_F(drain, is_per_peer) {
  options.max_connections_per_peer = 5;
  configure();
  for (std::uint32_t i = 1; i <= 9; ++i) d.accept(conn(2 * i), peer(i % 3 + 1));
  d.accept(conn(20), peer(9));
  options.max_connections_per_peer = 2;
  configure();
  const ids first = gone(cause::per_peer_limit_reached);
  EXPECT_EQ(std::set(first.begin(), first.end()), (std::set{conn(14), conn(16), conn(18)}));
  EXPECT_EQ(first.size(), 3U);
  end_all(first);
  for (std::uint32_t i = 1; i <= 3; ++i)
    EXPECT_EQ(d.manager.explain(peer(i), d.now).connections, 2U);
}

TEST_F(drain, is_per_subnet_at_both_widths) {
  options.max_connections = 30;
  configure();
  std::uint32_t n = 0;
  for (std::uint8_t host = 1; host <= 3; ++host)
    for (int k = 0; k < 4; ++k) {
      ++n;
      come(conn(2 * n), peer(n), endpoint::v4(203, 0, 113, host, 1));
      d.tell(events::ready{conn(2 * n)});
    }
  come(conn(200), peer(100), endpoint::v4(198, 51, 100, 1, 1));
  d.tell(events::ready{conn(200)});
  options.max_connections_per_narrow_subnet = 3;
  configure();
  ids now = gone(cause::subnet_limit_reached);
  EXPECT_EQ(std::set(now.begin(), now.end()), (std::set{conn(8), conn(16), conn(24)}));
  options.max_connections_per_wide_subnet = 7;
  configure();
  now = gone(cause::subnet_limit_reached);
  ASSERT_EQ(now.size(), 5U);
  EXPECT_EQ(now[3], conn(22));
  EXPECT_EQ(now[4], conn(20));
  // Wider subnets: the thirteenth connection shares one with the seven now.
  options.subnet_v4_wide = 1;
  configure();
  EXPECT_EQ(gone(cause::subnet_limit_reached).size(), 6U);
}

TEST_F(drain, of_the_narrow_limit_counts_for_the_wide_one) {
  options.max_connections_per_peer = 5;
  configure();
  for (std::uint32_t i = 1; i <= 5; ++i) d.accept(conn(2 * i), peer(1));
  for (std::uint32_t i = 6; i <= 8; ++i) d.accept(conn(2 * i), peer(i));
  options.max_connections_per_peer = 2;
  options.max_connections = 5;
  configure();
  EXPECT_EQ(gone(cause::per_peer_limit_reached), (ids{conn(10), conn(8), conn(6)}));
  EXPECT_EQ(gone(cause::limit_reached), ids{});
}

TEST_F(drain, makes_the_reserve_free_of_others_but_leaves_it_to_the_protected) {
  fill(10);
  for (std::uint32_t i = 7; i <= 10; ++i) d.tell(events::peer_marked{peer(i), mark::protect});
  options.reserved_connections = 3;
  configure();
  EXPECT_EQ(gone(cause::limit_reached), (ids{conn(12), conn(10), conn(8)}));
  options.reserved_connections = 9;  // three others and four protected ones are left
  configure();
  EXPECT_EQ(gone(cause::limit_reached),
            (ids{conn(12), conn(10), conn(8), conn(6), conn(4), conn(2)}));
}

TEST_F(drain, aborts_one_that_is_not_ready_and_blames_nobody) {
  fill(2);
  come(conn(100), peer(50), address());
  d.dial(req(1), peer(60));
  d.tell(events::attempt_connected{conn(1)});
  d.tell(events::authenticated{conn(1), peer(60)});
  EXPECT_EQ(d.counters().permits_live, 4U);
  d.run_for(10s);
  options.max_connections = options.max_connections_per_peer = 2;
  configure();
  EXPECT_EQ(d.count<actions::abort>(), 2U);
  EXPECT_EQ(d.count<actions::close>(), 0U);
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::limit_reached);
  EXPECT_EQ(d.last(notice::dial_failed).request, req(1));
  EXPECT_EQ(describe(d.last(notice::inbound_refused)), "LimitReached{limit: 2, current: 4}");
  EXPECT_EQ(d.refused(cause::limit_reached), 2U);
  EXPECT_EQ(d.counters().permits_live, 2U);
  EXPECT_EQ(d.counters().failed_total, 0U);
  EXPECT_EQ(d.counters().remembered_peers, 0U);
  EXPECT_EQ(d.count(notice::handshake_failed), 0U);
  EXPECT_EQ(d.count(notice::dial_failed), 1U);
}

TEST_F(drain, leaves_bad_options_alone) {
  fill(5);
  options.max_connections = 0;
  configure();
  EXPECT_EQ(d.count<actions::close>(), 0U);
  EXPECT_EQ(d.counters().ignored_events, 1U);
  EXPECT_EQ(d.manager.options().max_connections, 10U);
}

}  // namespace
}  // namespace tandem::test
