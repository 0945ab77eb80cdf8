// SPDX-License-Identifier: MIT
// A node that has memory or descriptors for so many connections and no more, full of those that say
// nothing: arrivals, or attempts of its own. Whoever else comes, dialled or arriving, has a place.
#include "core/driver.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <set>

namespace tandem::test {
namespace {

enum class want : std::uint8_t { memory, descriptors };

std::ostream& operator<<(std::ostream& out, want of) {
  return out << (of == want::memory ? "memory" : "descriptors");
}

/// The manager and its host, which has descriptors for `most` connections, or memory.
class scarce {
 public:
  scarce(want of, std::size_t most) : of_(of), most_(most), d(options(of, most)) {}

  void dial(std::uint32_t who, int priority = 0) {
    d.dial(req(who), peer(who), {address(static_cast<std::uint16_t>(who))}, dial_mode::join, never,
           priority);
    look();
  }
  /// Somebody comes: whether that one is let in to say who it is.
  bool arrives(std::uint64_t id) {
    if (of_ == want::descriptors && open_.size() >= most_) {
      tell(events::accept_failed{cause::local_resource});
      if (open_.size() >= most_) return false;
    }
    open_.insert(conn(id));
    d.tell(events::arrived{conn(id), address()});
    look();
    return open_.contains(conn(id));
  }
  void tell(const event& what) {
    d.tell(what);
    look();
  }
  void ends(connection_id id) {
    open_.erase(id);
    tell(events::closed{id, cause::remote_closed});
  }
  void run_to(duration t) {
    while (d.manager.next_deadline() <= at(t)) {
      d.run_to(d.manager.next_deadline().time_since_epoch());
      look();
    }
    d.run_to(t);
  }
  bool is_open(connection_id id) const { return open_.contains(id); }
  bool is_dialled(std::uint32_t who) const { return is_open(d.last_attempt(peer(who))); }
  std::size_t attempts() const { return count(true); }
  std::size_t arrivals() const { return count(false); }

 private:
  static manager_options options(want of, std::size_t most) {
    manager_options made;
    made.uplink_failures = 0;
    if (of == want::memory) made.max_memory = most * made.connection_memory;
    return made;
  }
  std::size_t count(bool outbound) const {
    std::size_t n = 0;
    for (const connection_id id : open_) n += is_outbound(id) == outbound;
    return n;
  }
  /// What the actions since the last look did to the host.
  void look() {
    for (; seen_ < d.log.size(); ++seen_) {
      const action what = d.log[seen_].what;
      if (const auto* x = std::get_if<actions::cancel_attempt>(&what)) open_.erase(x->attempt);
      if (const auto* x = std::get_if<actions::abort>(&what)) open_.erase(x->conn);
      if (const auto* x = std::get_if<actions::refuse>(&what)) open_.erase(x->conn);
      const auto* x = std::get_if<actions::start_attempt>(&what);
      if (x == nullptr) continue;
      open_.insert(x->attempt);
      if (of_ == want::memory || open_.size() <= most_) continue;
      open_.erase(x->attempt);
      d.tell(events::attempt_failed{x->attempt, cause::local_resource, true, {}});
    }
    EXPECT_LE(open_.size(), most_);
  }

  want of_;
  std::size_t most_;
  std::size_t seen_ = 0;
  std::set<connection_id> open_;

 public:
  driver d;
};

class scarce_of : public testing::TestWithParam<want> {};

TEST_P(scarce_of, attempts_that_nobody_answers_keep_no_dial_waiting_behind_them) {
  scarce host(GetParam(), 4);
  for (std::uint32_t n = 1; n <= 9; ++n) host.dial(n);
  EXPECT_EQ(host.attempts(), 4U);
  EXPECT_EQ(host.d.manager.explain(peer(9), host.d.now).dial, dial_stage::queued);
  host.run_to(6s - 1ns);
  EXPECT_FALSE(host.is_dialled(9));
  host.run_to(6s);  // 4 at a time, 3 s each
  EXPECT_TRUE(host.is_dialled(9));
  EXPECT_EQ(host.d.count(notice::dial_failed), 0U);
}

TEST_P(scarce_of, attempts_that_nobody_answers_keep_no_arrival_out) {
  scarce host(GetParam(), 4);
  for (std::uint32_t n = 1; n <= 9; ++n) host.dial(n);
  EXPECT_TRUE(host.arrives(2)) << "one in two is theirs, however new the attempts are";
  EXPECT_TRUE(host.arrives(4));
  EXPECT_EQ(host.attempts(), 2U);
  EXPECT_EQ(host.arrivals(), 2U);
  EXPECT_EQ(host.d.counters().failed_total, 0U) << "their dials go on";
  host.run_to(1s);
  EXPECT_TRUE(host.is_open(conn(2)) && host.is_open(conn(4))) << "no dial takes that back";
  EXPECT_TRUE(host.arrives(6));
  EXPECT_EQ(host.attempts(), 2U);
  EXPECT_FALSE(host.is_open(conn(2)));
  EXPECT_EQ(host.d.count(notice::dial_failed), 0U);
}

TEST_P(scarce_of, silent_arrivals_keep_no_dial_out) {
  scarce host(GetParam(), 4);
  for (const std::uint64_t id : {2, 4, 6, 8}) EXPECT_TRUE(host.arrives(id));
  host.dial(1);
  EXPECT_TRUE(host.is_dialled(1));
  EXPECT_FALSE(host.is_open(conn(2)));
  EXPECT_TRUE(host.arrives(10));
  host.dial(2);
  EXPECT_TRUE(host.is_dialled(2));
  EXPECT_TRUE(host.arrives(12));
  host.dial(3);
  EXPECT_EQ(host.d.manager.explain(peer(3), host.d.now).dial, dial_stage::queued);
  EXPECT_EQ(host.arrivals(), 2U);
  EXPECT_EQ(host.d.count(notice::dial_failed), 0U);
  host.run_to(3s);  // the first was silent for its patience
  EXPECT_TRUE(host.is_dialled(3));
  EXPECT_EQ(host.arrivals(), 2U);
}

TEST_P(scarce_of, silent_arrivals_keep_no_arrival_out) {
  scarce host(GetParam(), 4);
  for (std::uint64_t n = 1; n <= 9; ++n) EXPECT_TRUE(host.arrives(2 * n));
  EXPECT_TRUE(host.is_open(conn(12)));
  EXPECT_FALSE(host.is_open(conn(10)));
}

TEST_P(scarce_of, a_flood_and_a_stale_list_have_half_each) {
  scarce host(GetParam(), 8);
  std::uint64_t id = 0;
  for (std::uint32_t n = 1; n <= 200; ++n) {
    host.dial(n);
    host.run_to(n * 20ms);
    EXPECT_TRUE(host.arrives(id += 2));
    EXPECT_TRUE(host.arrives(id += 2));
    if (n < 10) continue;
    EXPECT_GE(host.attempts(), 3U);
    EXPECT_GE(host.arrivals(), 4U);
  }
  EXPECT_EQ(host.d.count(notice::dial_failed), 0U);
}

TEST_P(scarce_of, those_who_live_are_reached_and_let_in_beside_a_stale_list) {
  scarce host(GetParam(), 30);
  for (std::uint32_t n = 1; n <= 100; ++n) host.dial(n);
  for (std::uint64_t n = 1; n <= 10; ++n) {
    EXPECT_TRUE(host.arrives(2 * n));
    host.run_to(n * 500ms);
    EXPECT_TRUE(host.is_open(conn(2 * n)));
    host.d.upgrade(conn(2 * n), peer(500 + static_cast<std::uint32_t>(n)));
  }
  host.dial(200);
  host.run_to(20s);
  EXPECT_EQ(host.d.counters().active_connections, 10U);
  EXPECT_NE(host.d.last_attempt(peer(200)), connection_id::none);
  EXPECT_EQ(host.d.count(notice::dial_failed), 0U);
}

TEST_P(scarce_of, whoever_said_who_it_is_makes_no_room) {
  scarce host(GetParam(), 2);
  for (std::uint32_t n = 1; n <= 2; ++n) {
    host.dial(n);
    host.d.tell(events::attempt_connected{host.d.last_attempt(peer(n))});
    host.d.tell(events::authenticated{host.d.last_attempt(peer(n)), peer(n)});
  }
  EXPECT_FALSE(host.arrives(2));
  EXPECT_EQ(host.attempts(), 2U);
}

TEST_P(scarce_of, a_dial_waits_no_longer_than_anything_of_ours_is_under_way) {
  scarce host(GetParam(), 2);
  EXPECT_TRUE(host.arrives(2));
  host.d.upgrade(conn(2), peer(9));
  host.dial(1);
  host.dial(2);
  host.dial(3);
  EXPECT_EQ(host.d.count(notice::dial_failed), 0U);
  const connection_id first = host.d.last_attempt(peer(1));
  host.tell(events::attempt_connected{first});
  host.tell(events::authenticated{first, peer(1)});
  EXPECT_EQ(host.d.count(notice::dial_failed), 0U);
  host.tell(events::ready{first});
  EXPECT_EQ(host.d.count(notice::dial_failed), 2U);
  EXPECT_EQ(host.d.last(notice::dial_failed).why,
            GetParam() == want::memory ? cause::memory_limit_reached : cause::local_resource);
  EXPECT_EQ(host.d.counters().remembered_peers, 0U) << "nobody is blamed";
}

INSTANTIATE_TEST_SUITE_P(each, scarce_of, testing::Values(want::memory, want::descriptors),
                         [](const auto& of) { return testing::PrintToString(of.param); });

TEST(scarce, memory_for_one_is_for_who_comes_once_our_attempt_was_silent_for_its_patience) {
  scarce host(want::memory, 1);
  host.dial(1);
  host.run_to(3s - 1ns);
  EXPECT_FALSE(host.arrives(2));
  host.run_to(3s);
  EXPECT_TRUE(host.arrives(4));
  EXPECT_EQ(host.attempts(), 0U);
  host.run_to(4s);
  EXPECT_TRUE(host.is_open(conn(4))) << "a dial that had a turn waits";
  host.dial(2);
  EXPECT_TRUE(host.is_dialled(2)) << "and one that had none does not";
  EXPECT_FALSE(host.is_open(conn(4)));
  EXPECT_EQ(host.d.count(notice::dial_failed), 0U);
}

TEST(scarce, a_dial_that_had_a_turn_has_its_next_when_the_arrival_is_over) {
  scarce host(want::memory, 1);
  host.dial(1);
  host.run_to(3s);
  EXPECT_TRUE(host.arrives(2));
  host.run_to(18s - 1ns);
  EXPECT_FALSE(host.is_dialled(1));
  host.run_to(18s);  // handshake_timeout
  EXPECT_TRUE(host.is_dialled(1));
}

TEST(scarce, the_descriptor_that_an_attempt_gave_for_an_arrival_is_no_dials) {
  scarce host(want::descriptors, 3);
  for (std::uint32_t n = 1; n <= 4; ++n) host.dial(n);
  host.d.tell(events::accept_failed{cause::local_resource});
  EXPECT_EQ(host.d.count<actions::cancel_attempt>(), 1U);
  EXPECT_EQ(host.d.last(notice::attempt_failed).why, cause::pending_limit_reached);
  EXPECT_EQ(host.d.count<actions::listen_pause>(), 0U);
  const std::size_t begun = host.d.count<actions::start_attempt>();
  host.dial(5);
  EXPECT_EQ(host.d.count<actions::start_attempt>(), begun);
  host.d.tell(events::arrived{conn(2), address()});
  EXPECT_EQ(host.d.count<actions::refuse>(), 0U);
}

TEST(scarce, an_attempt_that_found_no_descriptor_was_no_turn) {
  scarce host(want::descriptors, 1);
  host.dial(1);
  host.dial(2);  // finds none
  host.dial(3);
  host.run_to(3s);
  EXPECT_TRUE(host.is_dialled(2)) << "as the first in line";
  host.run_to(6s);
  EXPECT_TRUE(host.is_dialled(3));
}

TEST(scarce, descriptors_are_looked_for_again_when_any_connection_ends) {
  scarce host(want::descriptors, 2);
  EXPECT_TRUE(host.arrives(2));
  host.d.upgrade(conn(2), peer(9));
  host.dial(1);
  host.dial(2);
  EXPECT_FALSE(host.is_dialled(2));
  host.ends(conn(2));
  EXPECT_TRUE(host.is_dialled(2));
}

}  // namespace
}  // namespace tandem::test
