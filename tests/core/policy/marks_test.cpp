// SPDX-License-Identifier: MIT
#include "core/driver.hpp"

#include "core/policy/peer_table.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

manager_options with_room_for(std::uint64_t marked) {
  manager_options options;
  options.max_marked_peers = marked;
  return options;
}

struct marked_peers : driver {
  explicit marked_peers(std::uint64_t marked) : driver(with_room_for(marked)) {}
  void tag(std::uint32_t who, time_point until, bool on = true) {
    tell(events::peer_marked{peer(who), mark::tag, on, until, 10});
  }
  std::int64_t tag_of(std::uint32_t who) const { return manager.explain(peer(who), now).tag; }
  std::uint64_t ignored() const { return counters().ignored_events; }
};

TEST(marks, are_bounded_at_the_limit_and_not_below_it) {
  marked_peers d(2);
  d.tag(1, never);
  d.tag(2, never);
  EXPECT_EQ(d.ignored(), 0U);
  d.tag(3, never);
  EXPECT_EQ(d.ignored(), 1U);
  EXPECT_EQ(d.tag_of(3), 0);
  d.tell(events::peer_marked{peer(2), mark::protect});  // it has its place
  d.tag(4, never, false);                               // takes nothing back
  EXPECT_EQ(d.ignored(), 1U);
  d.tag(1, never, false);
  d.tag(3, never);
  EXPECT_EQ(d.ignored(), 1U);
  EXPECT_EQ(d.tag_of(3), 10);
  EXPECT_TRUE(d.manager.explain(peer(2), d.now).is_protected);
}

TEST(marks, of_none_when_there_may_be_none) {
  marked_peers d(0);
  d.tag(1, never);
  EXPECT_EQ(d.ignored(), 1U);
}

TEST(marks, that_are_over_make_room_for_others) {
  marked_peers d(2);
  d.tag(1, at(10s));
  d.tag(2, at(20s));
  d.run_to(10s - 1ns);
  d.tag(3, never);
  EXPECT_EQ(d.ignored(), 1U);
  d.run_to(10s);
  d.tag(3, never);
  d.tag(4, never);
  EXPECT_EQ(d.ignored(), 2U);
  EXPECT_EQ(d.tag_of(3), 10);
  d.run_to(20s);
  d.tag(3, at(30s));  // moved to an earlier time
  d.tag(4, never);
  EXPECT_EQ(d.ignored(), 2U);
  d.run_to(30s);
  d.tag(5, never);
  EXPECT_EQ(d.ignored(), 2U);
}

TEST(marks, last_as_long_as_the_longest_of_their_peer) {
  marked_peers d(1);
  d.tag(1, at(10s));
  d.tell(events::peer_marked{peer(1), mark::keep_alive, true, at(30s)});
  d.run_to(30s - 1ns);
  d.tag(2, never);
  EXPECT_EQ(d.ignored(), 1U);
  d.run_to(30s);
  d.tag(2, never);
  EXPECT_EQ(d.ignored(), 1U);
}

TEST(marks, of_a_protected_peer_that_are_over_leave_no_redial_behind) {
  manager_options options = with_room_for(1);
  options.backoff_strategy = backoff_strategy::exponential;
  driver d(options);
  d.tell(events::peer_marked{peer(1), mark::protect, true, at(2s)});
  d.accept(conn(2), peer(1));
  d.run_to(1s);
  d.tell(events::closed{conn(2), cause::reset});  // a redial is due in 1 s to 2 s
  d.run_to(2s - 1ns);
  const auto before = d.count<actions::resolve>();
  d.now = at(2s);
  d.tell(events::peer_marked{peer(2), mark::tag, true, never, 1});
  EXPECT_EQ(d.counters().ignored_events, 0U);
  EXPECT_EQ(d.manager.next_deadline(), never);
  d.run_to(1min);
  EXPECT_EQ(d.count<actions::resolve>(), before);
}

TEST(marks, that_are_over_leave_no_peer_behind) {
  detail::peer_table peers;
  const manager_options options;
  for (std::uint32_t n = 1; n <= 1000; ++n) {
    const time_point now = at(std::chrono::seconds(n));
    for (auto over = peers.take_unmarked(now); over != detail::no_slot;
         over = peers.take_unmarked(now))
      peers.settle(over, now, options);
    const auto p = peers.intern(peer(n));
    detail::peer_marks* marks = peers.mark(p, 3);
    ASSERT_NE(marks, nullptr) << n;
    marks->set({peer(n), mark::tag, true, now + 3s, 1}, now);
    peers.settle(p, now, options);
  }
  EXPECT_EQ(peers.size(), 3U);
}

}  // namespace
}  // namespace tandem::test
