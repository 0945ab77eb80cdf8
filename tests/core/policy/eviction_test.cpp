// SPDX-License-Identifier: MIT
#include "core/policy/eviction.hpp"

#include "core/full_node.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace tandem::test {
namespace {

using detail::rank;
using detail::score_of;
using detail::standing;

TEST(score, adds_a_point_for_every_doubling_of_age_and_bytes_up_to_twenty) {
  const auto aged = [](duration age) { return score_of({.age = age}); };
  EXPECT_EQ(aged(0s), 0);
  EXPECT_EQ(aged(1s - 1ns), 0);
  EXPECT_EQ(aged(1s), 1);
  EXPECT_EQ(aged(2s - 1ns), 1);
  EXPECT_EQ(aged(2s), 2);
  EXPECT_EQ(aged(1h), 12);
  EXPECT_EQ(aged(524'288s - 1ns), 19);
  EXPECT_EQ(aged(524'288s), 20);
  EXPECT_EQ(aged(24h * 365), 20);
  const auto moved = [](std::uint64_t bytes) { return score_of({.bytes = bytes}); };
  EXPECT_EQ(moved(1023), 0);
  EXPECT_EQ(moved(1024), 1);
  EXPECT_EQ(moved(1 << 20), 11);
  EXPECT_EQ(moved((512 << 20) - 1), 19);
  EXPECT_EQ(moved(512 << 20), 20);
  EXPECT_EQ(moved(~std::uint64_t{0}), 20);
}

TEST(score, takes_a_point_for_every_doubling_of_the_round_trip_and_four_for_a_crowd) {
  const auto slow = [](duration srtt) { return score_of({.srtt = srtt}); };
  EXPECT_EQ(slow(0s), 0);
  EXPECT_EQ(slow(1ms - 1ns), 0);
  EXPECT_EQ(slow(1ms), -1);
  EXPECT_EQ(slow(100ms), -7);
  EXPECT_EQ(slow(60s), -16);
  EXPECT_EQ(slow(24h * 365), -20);
  const auto crowded = [](std::uint64_t n) { return score_of({.subnet_connections = n}); };
  EXPECT_EQ(crowded(0), 0);
  EXPECT_EQ(crowded(1), 0);
  EXPECT_EQ(crowded(2), -4);
  EXPECT_EQ(crowded(3), -8);
  EXPECT_EQ(crowded(4), -8);
  EXPECT_EQ(crowded(5), -12);
  EXPECT_EQ(crowded(64), -24);
  EXPECT_EQ(crowded(~std::uint64_t{0}), -40);
}

TEST(score, is_the_sum_of_its_parts_and_of_the_tag) {
  EXPECT_EQ(score_of({-5, 3, 10s, 1 << 20, 100ms}), -5 - 8 + 4 + 11 - 7);
  EXPECT_EQ(score_of({.tag = std::numeric_limits<std::int32_t>::min(),
                      .subnet_connections = 1 << 20,
                      .srtt = 60s}),
            std::int64_t{std::numeric_limits<std::int32_t>::min()} - 40 - 16);
}

TEST(rank, breaks_ties_by_youth_and_then_by_id) {
  const rank a{1, at(5s), conn(2)};
  EXPECT_TRUE((rank{0, at(1s), conn(2)}).goes_before(a));
  EXPECT_FALSE((rank{2, at(9s), conn(9)}).goes_before(a));
  EXPECT_TRUE((rank{1, at(6s), conn(2)}).goes_before(a));
  EXPECT_FALSE((rank{1, at(4s), conn(9)}).goes_before(a));
  EXPECT_TRUE((rank{1, at(5s), conn(4)}).goes_before(a));
  EXPECT_FALSE(a.goes_before(a));
}

TEST(eviction, is_off_by_default) {
  manager_options options = scored();
  options.eviction = manager_options{}.eviction;
  full_node d(options);
  d.come(conn(100), peer(50));
  EXPECT_EQ(d.refused(cause::limit_reached), 1U);
  EXPECT_EQ(d.counters().evicted_total, 0U);
  EXPECT_EQ(d.closes(), ids{});
}

TEST(eviction, gives_an_authenticated_newcomer_the_place_of_the_worst_once_it_is_free) {
  full_node d;
  d.come(conn(100), peer(50));
  // The youngest of equals goes.
  EXPECT_EQ(d.closes(), ids{conn(8)});
  EXPECT_EQ(d.last<actions::close>()->retry_after, 60s);
  EXPECT_EQ(d.last<actions::close>()->drain_until, at(101s));
  EXPECT_EQ(d.counters().evicted_total, 1U);
  EXPECT_FALSE(d.admitted(conn(100)));
  EXPECT_EQ(d.count<actions::refuse>(), 0U);
  EXPECT_EQ(d.counters().pending_inbound, 1U);
  EXPECT_EQ(d.counters().permits_live, 4U);
  d.tell(events::ready{conn(100)});  // too early: ignored
  EXPECT_EQ(d.counters().ignored_events, 1U);
  d.run_to(100500ms);
  d.close_of(conn(8));
  EXPECT_EQ(d.last(notice::connection_closed).why, cause::evicted);
  EXPECT_TRUE(d.admitted(conn(100)));
  EXPECT_EQ(d.when<actions::admit>(), at(100500ms));
  EXPECT_EQ(d.counters().permits_live, 4U);
  d.tell(events::ready{conn(100)});
  EXPECT_EQ(d.counters().active_connections, 4U);
  EXPECT_EQ(d.counters().pending_inbound, 0U);
  EXPECT_EQ(d.refused(cause::limit_reached), 0U);
  d.expect_conserved();
}

TEST(eviction, takes_a_victim_that_does_not_let_go_after_close_linger) {
  full_node d;
  d.come(conn(100), peer(50));
  d.run_to(101s - 1ns);
  EXPECT_FALSE(d.admitted(conn(100)));
  d.run_to(101s);
  EXPECT_EQ(d.last<actions::abort>()->conn, conn(8));
  EXPECT_EQ(d.when<actions::admit>(), at(101s));
}

TEST(eviction, below_the_limit_touches_nobody) {
  full_node d;
  d.close_of(conn(2));
  d.come(conn(100), peer(50));
  EXPECT_TRUE(d.admitted(conn(100)));
  EXPECT_EQ(d.closes(), ids{});
}

TEST(eviction, picks_by_tag_bytes_and_round_trip) {
  full_node d;
  d.tell(events::peer_marked{peer(4), mark::tag, true, never, 1});
  d.come(conn(100), peer(50));
  EXPECT_EQ(d.closes(), ids{conn(6)});  // the youngest without a tag
  d.close_of(conn(6));
  d.tell(events::ready{conn(100)});
  d.run_to(200s);  // all in the same doubling of age but the newcomer, who leads in the others
  for (const std::uint64_t n : {2, 4, 8}) d.tell(events::rtt_sampled{conn(n), 30ms});
  d.tell(events::rtt_sampled{conn(100), 1ms});
  d.tell(events::rtt_sampled{conn(4), 10s});
  d.tell(events::traffic{conn(100), 500 << 20, 0, 0, {}, {}});
  d.come(conn(102), peer(51));
  EXPECT_EQ(d.closes(), (ids{conn(6), conn(4)}));
  d.close_of(conn(4));
  d.tell(events::ready{conn(102)});
  d.run_to(300s);
  d.tell(events::rtt_sampled{conn(102), 1ms});
  d.tell(events::traffic{conn(102), 250 << 20, 250 << 20, 0, d.now, {}});
  d.tell(events::traffic{conn(8), 0, 1024, 0, d.now, {}});
  d.come(conn(104), peer(52));
  EXPECT_EQ(d.closes(), (ids{conn(6), conn(4), conn(2)}));
}

TEST(eviction, counts_a_tag_for_less_as_its_end_comes_closer) {
  full_node d;
  d.tell(events::peer_marked{peer(4), mark::tag, true, at(200s), 10});
  d.tell(events::peer_marked{peer(3), mark::tag, true, never, 5});
  d.tell(events::peer_marked{peer(2), mark::tag, true, never, 99});
  d.tell(events::peer_marked{peer(1), mark::tag, true, never, 99});
  d.come(conn(100), peer(50));
  EXPECT_EQ(d.closes(), ids{conn(6)});  // 10 against 5
  d.close_of(conn(6));
  d.tell(events::ready{conn(100)});
  d.tell(events::peer_marked{peer(50), mark::tag, true, never, 16});
  d.run_to(190s);  // 1 left, and 8 of age, against 16 and 7
  d.come(conn(102), peer(51));
  EXPECT_EQ(d.closes(), (ids{conn(6), conn(8)}));
}

TEST(eviction, never_takes_a_protected_peer) {
  full_node d;
  for (std::uint32_t i = 1; i <= 4; ++i) d.tell(events::peer_marked{peer(i), mark::protect});
  d.come(conn(100), peer(50));
  EXPECT_EQ(d.refused(cause::limit_reached), 1U);
  EXPECT_EQ(d.closes(), ids{});
  // The refusal cost no turn: once one may go, the next newcomer has it.
  d.tell(events::peer_marked{peer(1), mark::protect, false});
  d.come(conn(102), peer(51));
  EXPECT_EQ(d.closes(), ids{conn(2)});
}

TEST(eviction, happens_once_in_its_interval) {
  full_node d;
  d.come(conn(100), peer(50));
  d.close_of(conn(8));
  d.tell(events::ready{conn(100)});
  d.run_to(101s - 1ns);
  d.come(conn(102), peer(51));
  EXPECT_EQ(d.refused(cause::limit_reached), 1U);
  d.run_to(101s);
  d.come(conn(104), peer(52));
  EXPECT_EQ(d.counters().evicted_total, 2U);
  EXPECT_EQ(d.refused(cause::limit_reached), 1U);
}

TEST(eviction, looks_at_a_sample_only_and_finds_bad_ones_more_often_than_chance) {
  manager_options options = scored(200);
  options.max_pending_inbound = 400;
  options.eviction_sample = 16;
  std::set<connection_id> victims;
  int of_the_worst = 0;
  constexpr int runs = 200;
  for (int seed = 1; seed <= runs; ++seed) {
    full_node d(options, static_cast<std::uint64_t>(seed));
    // Tags order them: peer i weighs 100 i, more than the rest of a score.
    for (std::uint32_t i = 1; i <= 200; ++i)
      d.tell(events::peer_marked{peer(i), mark::tag, true, never, static_cast<int>(100 * i)});
    d.run_to(300s);
    d.come(conn(1000), peer(5000));
    ASSERT_EQ(d.closes().size(), 1U);
    const auto victim = static_cast<std::uint64_t>(d.closes()[0]);
    victims.insert(conn(victim));
    of_the_worst += victim / 2 <= 200 / 6;
  }
  // 16 draws miss the worst 33 of 200 with probability 0.835^16 = 5.6 %: 189 +- 3.2 of 200 hit.
  EXPECT_GE(of_the_worst, 176);
  EXPECT_LT(of_the_worst, runs);
  EXPECT_GE(victims.size(), 15U);
}

TEST(eviction, with_a_sample_of_all_always_takes_the_worst) {
  manager_options options = scored(200);
  options.eviction_sample = 200;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    full_node d(options, seed);
    d.run_to(300s);
    d.tell(events::rtt_sampled{conn(154), 30s});
    d.come(conn(1000), peer(5000));
    EXPECT_EQ(d.closes(), ids{conn(154)});
  }
}

TEST(eviction, never_takes_a_connection_of_the_newcomers_own_peer) {
  full_node d(scored(2));
  d.peers_live = true;
  d.tell(events::peer_marked{peer(1), mark::protect});
  d.come(conn(100), peer(2));  // a second connection: only its first could go
  EXPECT_EQ(d.refused(cause::limit_reached), 1U);
  EXPECT_EQ(d.closes(), ids{});
  d.tell(events::peer_marked{peer(1), mark::protect, false});
  d.come(conn(102), peer(2));
  EXPECT_EQ(d.closes(), ids{conn(2)});
}

TEST(eviction, is_not_for_a_newcomer_whose_own_limit_is_reached_too) {
  manager_options options = scored(3);
  options.max_connections_per_peer = 1;
  full_node d(options);
  d.peers_live = true;
  d.come(conn(100), peer(2));
  EXPECT_EQ(d.refused(cause::limit_reached), 1U);
  EXPECT_EQ(d.closes(), ids{});
}

/// Three connections each way: inbound 2, 4, 6 of peers 1 to 3, outbound 1, 3, 5 of 101 to 103, at
/// most `limit` in all.
struct two_ways : full_node {
  explicit two_ways(std::uint64_t limit, std::uint64_t in, std::uint64_t out) : full_node(empty()) {
    manager_options options = scored(limit);
    options.max_inbound_connections = in;
    options.max_outbound_connections = out;
    close_of(conn(2));
    tell(events::configured{options});
    for (std::uint32_t i = 1; i <= 3; ++i) {
      run_for(1s);
      accept(conn(10 + 2 * i), peer(10 + i));
      dial(req(i), peer(100 + i));
      connect(peer(100 + i));
    }
    run_to(200s);
  }
  static manager_options empty() { return scored(1); }
};

TEST(eviction, for_an_inbound_newcomer_above_the_inbound_limit_takes_an_inbound_one) {
  two_ways d(10, 3, 0);
  for (const std::uint64_t n : {1, 3, 5}) d.tell(events::rtt_sampled{conn(n), 30s});  // far worse
  d.come(conn(100), peer(50));
  EXPECT_EQ(d.closes(), ids{conn(16)});
  d.close_of(conn(16));
  EXPECT_TRUE(d.admitted(conn(100)));
  EXPECT_EQ(d.counters().permits_inbound, 3U);
  d.expect_conserved();
}

TEST(eviction, for_a_newcomer_above_both_limits_takes_one_of_its_direction) {
  two_ways d(6, 3, 0);
  for (const std::uint64_t n : {1, 3, 5}) d.tell(events::rtt_sampled{conn(n), 30s});
  d.come(conn(100), peer(50));
  EXPECT_EQ(d.closes(), ids{conn(16)});
}

TEST(eviction, for_a_newcomer_above_the_limit_of_the_node_alone_takes_the_worst_of_all) {
  two_ways d(6, 4, 0);
  for (const std::uint64_t n : {1, 3, 5}) d.tell(events::rtt_sampled{conn(n), 30s});
  d.come(conn(100), peer(50));
  EXPECT_EQ(d.closes(), ids{conn(5)});
  // For a second one the last inbound place is spoken for.
  d.answers = false;
  d.run_for(1s);
  d.come(conn(102), peer(51));
  EXPECT_EQ(d.closes(), (ids{conn(5), conn(16)}));
  d.close_of(conn(5));
  EXPECT_TRUE(d.admitted(conn(100)));
  d.close_of(conn(16));
  EXPECT_TRUE(d.admitted(conn(102)));
  EXPECT_EQ(d.counters().permits_inbound, 4U);
  d.expect_conserved();
}

TEST(eviction, sets_nothing_free_above_the_outbound_limit) {
  two_ways d(10, 0, 4);
  d.dial(req(50), peer(50));
  d.dial(req(51), peer(51));
  const auto dialled = d.last<actions::start_attempt>()->attempt;
  d.tell(events::attempt_connected{dialled});
  d.upgrade(dialled, peer(51));
  const connection_id late = conn(static_cast<std::uint64_t>(dialled) - 2);
  d.tell(events::attempt_connected{late});
  d.tell(events::authenticated{late, peer(50)});
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::outbound_limit_reached);
  EXPECT_EQ(d.closes(), ids{});
}

TEST(eviction, takes_first_from_a_crowded_subnet) {
  manager_options options = scored(8);
  options.max_connections_per_wide_subnet = 0;  // no limit, and counted all the same
  full_node d(options);
  for (std::uint64_t n = 2; n <= 8; n += 2) d.close_of(conn(n));
  for (std::uint8_t i = 1; i <= 4; ++i)  // the oldest of the public ones, and the fastest
    d.come(conn(100 + 2U * i), peer(100U + i), endpoint::v4(203, 0, 113, i, 1));
  for (std::uint8_t i = 1; i <= 4; ++i) d.tell(events::ready{conn(100 + 2U * i)});
  d.run_to(200s);
  for (std::uint8_t i = 1; i <= 4; ++i) d.tell(events::rtt_sampled{conn(100 + 2U * i), 100ms});
  d.come(conn(200), peer(200), endpoint::v4(198, 51, 100, 1, 1));
  EXPECT_EQ(d.closes(), ids{conn(108)});
}

TEST(eviction, lets_nobody_go_in_vain_for_a_newcomer_whose_subnet_is_full) {
  manager_options options = scored(4);
  options.max_connections_per_narrow_subnet = options.max_connections_per_wide_subnet = 2;
  full_node d(options);
  d.close_of(conn(2));
  d.close_of(conn(4));
  for (std::uint8_t i = 1; i <= 2; ++i) {
    d.come(conn(100 + 2U * i), peer(100U + i), endpoint::v4(203, 0, 113, i, 1));
    d.tell(events::ready{conn(100 + 2U * i)});
  }
  d.tell(events::rtt_sampled{conn(6), 30s});  // the worst, but no help
  d.come(conn(200), peer(200), endpoint::v4(203, 0, 113, 9, 1));
  EXPECT_EQ(d.closes(), ids{conn(104)});
  d.close_of(conn(104));
  EXPECT_TRUE(d.admitted(conn(200)));
  d.expect_conserved();
}

TEST(eviction, leaves_the_reserve_to_protected_newcomers) {
  manager_options options = scored(3);
  full_node d(options);
  options.max_connections = 4;
  options.reserved_connections = 1;
  options.eviction_interval = 1ms;
  d.tell(events::configured{options});
  d.come(conn(100), peer(50));
  EXPECT_EQ(d.closes(), ids{conn(6)});
  d.close_of(conn(6));
  EXPECT_TRUE(d.admitted(conn(100)));
  d.run_for(1s);
  d.tell(events::peer_marked{peer(51), mark::protect});
  d.come(conn(102), peer(51));
  EXPECT_TRUE(d.admitted(conn(102)));
  EXPECT_EQ(d.closes().size(), 1U);
  d.run_for(1s);
  d.come(conn(104), peer(52));  // no eviction would bring four down to two
  EXPECT_EQ(describe(d.last(notice::inbound_refused)), "LimitReached{limit: 3, current: 4}");
  EXPECT_EQ(d.closes().size(), 1U);
  d.tell(events::peer_marked{peer(53), mark::protect});
  d.come(conn(106), peer(53));
  EXPECT_EQ(d.closes(), (ids{conn(6), conn(4)}));
}

}  // namespace
}  // namespace tandem::test
