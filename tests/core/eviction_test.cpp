// SPDX-License-Identifier: MIT
#include "core/eviction.hpp"

#include "driver.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
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

manager_options scored(std::uint64_t limit = 4) {
  manager_options options;
  options.max_connections = limit;
  options.max_connections_per_peer = std::min<std::uint64_t>(limit, 2);
  options.eviction = eviction_mode::scored;
  options.connection_timeout = 24h;
  options.liveness_interval = 24h;
  return options;
}

/// A node filled with one inbound connection each of peers 1, 2, ..., one a second: ids 2, 4, ...
struct full_node : driver {
  explicit full_node(const manager_options& options = scored(), std::uint64_t seed = 1,
                     const peer_id& self = peer(1000))
      : driver(options, self, seed) {
    for (std::uint32_t i = 1; i <= options.max_connections; ++i) {
      run_to(1s * i);
      accept(conn(2 * i), peer(i));
    }
    run_to(100s);
  }
  /// An inbound connection of `who` up to its authentication.
  void come(connection_id c, const peer_id& who, const endpoint& from = address()) {
    tell(events::arrived{c, from});
    tell(events::authenticated{c, who});
  }
  void close_of(connection_id c) { tell(events::closed{c, cause::remote_closed}); }
  bool admitted(connection_id c) const {
    for (const step& s : log)
      if (const auto* x = std::get_if<actions::admit>(&s.what))
        if (x->conn == c && x->stage == stage::established) return true;
    return false;
  }
  std::vector<connection_id> closes(cause why = cause::evicted) const {
    std::vector<connection_id> found;
    for (const step& s : log)
      if (const auto* x = std::get_if<actions::close>(&s.what); x && x->reason == why)
        found.push_back(x->conn);
    return found;
  }
  /// The last event of `c` can come once and only once.
  void expect_over(connection_id c) {
    const auto before = counters().ignored_events;
    tell(events::closed{c, cause::reset});
    EXPECT_EQ(counters().ignored_events, before + 1);
  }
  void expect_conserved() const {
    const manager_counters& c = counters();
    EXPECT_EQ(c.permits_issued - c.permits_released, c.permits_live);
    EXPECT_LE(c.permits_live, manager.options().max_connections);
  }
};

using ids = std::vector<connection_id>;

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

TEST(newcomer, that_dies_while_it_waits_leaves_the_place_to_the_next) {
  full_node d;
  d.come(conn(100), peer(50));
  d.tell(events::closed{conn(100), cause::reset});
  EXPECT_EQ(d.counters().pending_inbound, 0U);
  EXPECT_EQ(d.counters().permits_live, 4U);
  d.expect_over(conn(100));
  d.close_of(conn(8));
  EXPECT_EQ(d.counters().permits_live, 3U);
  d.come(conn(102), peer(51));
  EXPECT_TRUE(d.admitted(conn(102)));
  d.expect_conserved();
}

TEST(newcomer, takes_any_place_that_becomes_free_first) {
  full_node d;
  d.come(conn(100), peer(50));
  d.close_of(conn(2));  // not the victim
  EXPECT_TRUE(d.admitted(conn(100)));
  EXPECT_EQ(d.counters().permits_live, 4U);
  d.close_of(conn(8));
  EXPECT_EQ(d.counters().permits_live, 3U);
  d.expect_conserved();
}

TEST(newcomer, is_served_when_the_victim_ends_by_itself) {
  full_node d;
  d.come(conn(100), peer(50));
  d.tell(events::remote_refused{conn(8), cause::requested});
  d.tell(events::closed{conn(8), cause::reset});
  EXPECT_TRUE(d.admitted(conn(100)));
  EXPECT_EQ(d.last(notice::connection_closed).why, cause::evicted);
  d.expect_over(conn(8));
}

TEST(newcomer, waits_no_longer_than_its_handshake_may_take) {
  manager_options options = scored();
  options.close_linger = 60s;
  full_node d(options);
  d.tell(events::arrived{conn(100), address()});
  d.run_to(105s);
  d.tell(events::authenticated{conn(100), peer(50)});
  d.run_to(115s - 1ns);
  EXPECT_EQ(d.count<actions::refuse>(), 0U);
  d.run_to(115s);
  EXPECT_EQ(d.when<actions::refuse>(), at(115s));
  EXPECT_EQ(d.last<actions::refuse>()->refusal, cause::limit_reached);
  EXPECT_EQ(d.last<actions::refuse>()->how, refuse_how::tell);
  EXPECT_EQ(describe(d.last(notice::inbound_refused)), "LimitReached{limit: 4, current: 4}");
  EXPECT_EQ(d.counters().failed_total, 0U);  // not the newcomer's fault
  d.close_of(conn(8));
  EXPECT_FALSE(d.admitted(conn(100)));
  EXPECT_EQ(d.counters().permits_live, 3U);
  d.tell(events::closed{conn(100), cause::remote_closed});
  EXPECT_EQ(d.manager.explain(peer(50), d.now).failures, 0U);
}

TEST(newcomers, are_served_first_come_first_whichever_victim_goes_first) {
  full_node d;
  d.answers = false;
  d.come(conn(100), peer(50));
  d.run_to(101s);  // also aborts the first victim, without an answer yet
  d.come(conn(102), peer(51));
  ASSERT_EQ(d.closes(), (ids{conn(8), conn(6)}));
  d.close_of(conn(6));
  EXPECT_TRUE(d.admitted(conn(100)));
  EXPECT_FALSE(d.admitted(conn(102)));
  EXPECT_EQ(d.counters().permits_live, 4U);
  d.close_of(conn(8));
  EXPECT_TRUE(d.admitted(conn(102)));
  d.expect_conserved();
}

TEST(newcomers, of_one_peer_wait_one_at_a_time) {
  full_node d;
  d.answers = false;
  d.come(conn(100), peer(50));
  d.run_to(102s);
  d.come(conn(102), peer(50));
  EXPECT_EQ(d.refused(cause::limit_reached), 1U);
  EXPECT_EQ(d.counters().evicted_total, 1U);
}

TEST(newcomers, that_wait_are_no_more_than_the_sample) {
  manager_options options = scored();
  options.eviction_sample = 2;
  options.close_linger = 60s;
  options.eviction_interval = 1ms;
  full_node d(options);
  for (std::uint32_t i = 0; i < 3; ++i) {
    d.come(conn(100 + 2 * i), peer(50 + i));
    d.run_for(10ms);
  }
  EXPECT_EQ(d.counters().evicted_total, 2U);
  EXPECT_EQ(d.refused(cause::limit_reached), 1U);
}

TEST(newcomer, is_refused_when_the_limit_was_lowered_meanwhile) {
  manager_options options = scored();
  full_node d(options);
  d.answers = false;
  d.come(conn(100), peer(50));
  options.max_connections = 3;
  d.tell(events::configured{options});
  EXPECT_EQ(d.count<actions::refuse>(), 0U);
  d.close_of(conn(8));
  EXPECT_EQ(d.last<actions::refuse>()->conn, conn(100));
  EXPECT_EQ(d.last<actions::refuse>()->refusal, cause::limit_reached);
  EXPECT_FALSE(d.admitted(conn(100)));
}

TEST(newcomer, is_served_when_the_limit_was_raised_meanwhile) {
  manager_options options = scored();
  full_node d(options);
  d.answers = false;
  d.come(conn(100), peer(50));
  options.max_connections = 5;
  d.tell(events::configured{options});
  EXPECT_TRUE(d.admitted(conn(100)));
  EXPECT_EQ(d.counters().permits_live, 5U);
}

TEST(newcomer, that_waits_at_shutdown_is_aborted_and_never_admitted) {
  full_node d;
  d.answers = false;
  d.come(conn(100), peer(50));
  d.tell(events::shutdown_wanted{});
  EXPECT_EQ(d.last<actions::abort>()->conn, conn(100));
  EXPECT_EQ(d.last<actions::abort>()->reason, cause::shutting_down);
  d.close_of(conn(8));
  EXPECT_FALSE(d.admitted(conn(100)));
  d.tell(events::closed{conn(100), cause::aborted});
  for (const std::uint64_t n : {2, 4, 6}) d.close_of(conn(n));
  EXPECT_EQ(d.count<actions::shutdown_complete>(), 1U);
  EXPECT_EQ(d.counters().permits_live, 0U);
  EXPECT_EQ(d.manager.next_deadline(), never);
}

TEST(newcomer, that_was_dialled_waits_like_any_other_and_ends_with_its_dial) {
  full_node d(scored(2));
  d.close_of(conn(4));
  d.dial(req(1), peer(50));
  d.dial(req(2), peer(51));
  d.accept(conn(100), peer(60));  // full again, while the dials are under way
  d.tell(events::attempt_connected{conn(1)});
  d.tell(events::authenticated{conn(1), peer(50)});
  EXPECT_EQ(d.counters().evicted_total, 1U);
  EXPECT_EQ(d.counters().pending_outbound, 2U);
  const connection_id victim = d.closes()[0];
  d.tell(events::dial_abandoned{req(1)});
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::abandoned);
  EXPECT_EQ(d.last<actions::abort>()->conn, conn(1));
  EXPECT_EQ(d.counters().pending_outbound, 1U);
  d.run_to(101s);  // the victim is aborted
  EXPECT_FALSE(d.admitted(conn(1)));
  d.expect_over(victim);
  d.tell(events::attempt_connected{conn(3)});
  d.upgrade(conn(3), peer(51));
  EXPECT_EQ(d.last(notice::dial_succeeded).request, req(2));
  d.expect_conserved();
}

TEST(newcomer, that_was_dialled_succeeds_once_the_victim_is_gone) {
  full_node d(scored(2));
  d.close_of(conn(4));
  d.dial(req(1), peer(50));
  d.accept(conn(100), peer(60));
  d.tell(events::attempt_connected{conn(1)});
  d.tell(events::authenticated{conn(1), peer(50)});
  d.close_of(d.closes()[0]);
  EXPECT_TRUE(d.admitted(conn(1)));
  d.tell(events::ready{conn(1)});
  EXPECT_EQ(d.count(notice::dial_succeeded), 1U);
  EXPECT_EQ(d.counters().permits_live, 2U);
}

/// A node whose peer id is below all others, with one dial (attempt 1, request 1) under way to peer
/// 50 while it is full.
struct crossing_node : full_node {
  crossing_node() : full_node(scored(2), 1, peer(0)) {
    close_of(conn(4));
    dial(req(1), peer(50));
    accept(conn(100), peer(60));
    tell(events::attempt_connected{conn(1)});
  }
  void expect_that_only(connection_id c) {
    ASSERT_EQ(closes().size(), 1U);
    EXPECT_EQ(last<actions::abort>()->conn, conn(1));
    EXPECT_EQ(last<actions::abort>()->reason, cause::duplicate);
    EXPECT_EQ(count(notice::dial_failed), 0U);
    EXPECT_FALSE(admitted(c));
    close_of(closes()[0]);
    EXPECT_TRUE(admitted(c));
    tell(events::ready{c});
    EXPECT_EQ(last(notice::dial_succeeded).request, req(1));
    EXPECT_EQ(last(notice::dial_succeeded).conn, c);
    EXPECT_EQ(counters().evicted_total, 1U);
    EXPECT_EQ(manager.explain(peer(50), now).connections, 1U);
    EXPECT_EQ(counters().pending_outbound + counters().pending_inbound, 0U);
    expect_conserved();
  }
};

TEST(newcomer, that_crosses_our_waiting_dial_takes_its_turn) {
  crossing_node d;
  d.tell(events::authenticated{conn(1), peer(50)});
  ASSERT_EQ(d.counters().evicted_total, 1U);
  d.come(conn(102), peer(50));
  d.expect_that_only(conn(102));
}

TEST(newcomer, that_crosses_our_dial_under_way_is_what_the_dial_waits_for) {
  crossing_node d;
  d.come(conn(102), peer(50));
  ASSERT_EQ(d.counters().evicted_total, 1U);
  d.expect_that_only(conn(102));
}

TEST(newcomer, that_waits_is_what_a_new_dial_of_its_peer_joins) {
  full_node d;
  d.come(conn(100), peer(50));
  d.dial(req(1), peer(50));
  EXPECT_EQ(d.count<actions::start_attempt>(), 0U);
  EXPECT_EQ(d.count(notice::dial_failed), 0U);
  d.close_of(conn(8));
  d.tell(events::ready{conn(100)});
  EXPECT_EQ(d.last(notice::dial_succeeded).request, req(1));
}

TEST(newcomer, loses_to_our_waiting_dial_when_our_peer_id_is_greater) {
  full_node d(scored(2));
  d.close_of(conn(4));
  d.dial(req(1), peer(50));
  d.accept(conn(100), peer(60));
  d.tell(events::attempt_connected{conn(1)});
  d.tell(events::authenticated{conn(1), peer(50)});
  d.come(conn(102), peer(50));
  EXPECT_EQ(d.last<actions::refuse>()->refusal, cause::duplicate);
  d.close_of(d.closes()[0]);
  EXPECT_TRUE(d.admitted(conn(1)));
}

TEST(evicted, peers_stay_away_until_the_penalty_ends_in_both_directions) {
  full_node d;
  d.come(conn(100), peer(50));
  d.close_of(conn(8));
  d.tell(events::ready{conn(100)});
  d.close_of(conn(2));  // there is room
  d.run_to(160s - 1ns);
  d.come(conn(102), peer(4));
  EXPECT_EQ(d.refused(cause::backing_off), 1U);
  EXPECT_EQ(d.last<actions::refuse>()->refusal, cause::backing_off);
  EXPECT_EQ(d.last<actions::refuse>()->retry_after, 1ns);
  EXPECT_EQ(d.last(notice::inbound_refused).until, at(160s));
  d.dial(req(1), peer(4));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::backing_off);
  EXPECT_EQ(d.last(notice::dial_failed).until, at(160s));
  d.run_to(160s);
  d.accept(conn(104), peer(4));
  EXPECT_EQ(d.counters().active_connections, 4U);
}

TEST(evicted, peers_may_come_back_at_once_when_the_operator_says_so) {
  full_node d;
  d.come(conn(100), peer(50));
  d.close_of(conn(8));
  d.close_of(conn(2));
  d.tell(events::backoff_overridden{peer(4)});
  d.accept(conn(102), peer(4));
  EXPECT_EQ(d.counters().active_connections, 3U);  // and the newcomer is not ready yet
  EXPECT_EQ(d.refused(cause::backing_off), 0U);
}

TEST(evicted, peers_keep_their_penalty_though_the_connection_had_proved_itself) {
  full_node d;
  d.run_to(1000s);  // longer than backoff_reset_after
  d.come(conn(100), peer(50));
  d.close_of(conn(8));
  d.come(conn(102), peer(4));
  EXPECT_EQ(d.refused(cause::backing_off), 1U);
}

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
