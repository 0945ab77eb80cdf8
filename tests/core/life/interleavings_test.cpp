// SPDX-License-Identifier: MIT
// Every order in which two nodes that dial each other may hear of each other (FIELD.md, S6).
#include "core/two_nodes.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <unordered_map>

namespace tandem::test {
namespace {

struct setting {
  std::string name;
  std::uint64_t per_peer = 1;
  dial_mode mode = dial_mode::join;
  std::vector<endpoint> where{address()};
  /// So often a deadline may pass though messages are still on their way.
  std::size_t early_deadlines = 0;
  std::uint64_t survivors = 1;
};

/// Depth first over everything that may happen next: a dial that has not begun begins, the next
/// message on a link in a direction arrives, or time passes to the next deadline. A schedule is run
/// from its start for every step of it; states that were reached before are not searched again,
/// their schedules are counted.
class search {
 public:
  explicit search(const setting& what) : what_(what) {
    options_.max_connections_per_peer = what.per_peer;
  }

  void run() {
    const std::uint64_t schedules = from_here();
    std::printf("%s: %llu schedules over %zu states, %zu steps at most\n", what_.name.c_str(),
                static_cast<unsigned long long>(schedules), schedules_.size(), longest_);
  }

 private:
  // Long enough for duplicate_pause and what follows, shorter than any idle timeout.
  static constexpr time_point horizon{9s};

  /// The choices there are after those of `path_`.
  struct position {
    std::uint64_t state = 0;
    std::size_t choices = 0;
  };

  std::uint64_t from_here() {
    const position here = replay();
    if (testing::Test::HasFailure()) return 0;
    longest_ = std::max(longest_, path_.size());
    if (const auto known = schedules_.find(here.state); known != schedules_.end())
      return known->second;
    std::uint64_t sum = here.choices == 0 ? 1 : 0;
    for (std::size_t c = 0; c < here.choices && !testing::Test::HasFailure(); ++c) {
      path_.push_back(static_cast<std::uint8_t>(c));
      sum += from_here();
      path_.pop_back();
    }
    return schedules_[here.state] = sum;
  }

  position replay() {
    two_nodes net(options_, [] { return duration(0); });
    net.by_hand = true;
    bool begun[2] = {};
    std::size_t early = 0;
    for (std::size_t step = 0;; ++step) {
      check_step(net);
      const std::size_t messages = net.deliverable();
      const bool wait = net.next_deadline() < horizon &&
                        (messages == 0 ? begun[0] || begun[1] : early < what_.early_deadlines);
      const std::size_t dials = std::size_t{!begun[0]} + std::size_t{!begun[1]};
      const std::size_t choices = dials + messages + (wait ? 1 : 0);
      if (step == path_.size()) {
        if (choices == 0) check_end(net);
        const std::uint64_t plan = early * 4 + (begun[0] ? 1 : 0) + (begun[1] ? 2 : 0);
        return {net.state() ^ detail::mix(plan + 1), choices};
      }
      std::size_t c = path_[step];
      if (c < dials) {
        const std::size_t from = begun[0] ? 1 : c;
        begun[from] = true;
        net.dial(from, req(1), what_.mode, what_.where);
      } else if (c -= dials; c < messages) {
        net.deliver(c);
      } else {
        if (messages > 0) ++early;
        net.run_to(net.next_deadline().time_since_epoch());
      }
    }
  }

  std::string told() const {
    std::string text = what_.name + ", choices";
    for (const std::uint8_t c : path_) text += " " + std::to_string(c);
    return text;
  }
  void check_step(const two_nodes& net) const {
    for (const auto& n : net.nodes) {
      const manager_counters& c = n->manager.counters();
      EXPECT_LE(n->permits_most, what_.per_peer) << told();
      EXPECT_LE(n->active_most, what_.per_peer) << told();
      EXPECT_EQ(c.permits_issued - c.permits_released, c.permits_live) << told();
    }
  }
  void check_end(const two_nodes& net) const {
    EXPECT_EQ(net.whole_links(), what_.survivors) << told();
    for (const auto& n : net.nodes) {
      const manager_counters& c = n->manager.counters();
      EXPECT_EQ(c.active_connections, what_.survivors) << told();
      EXPECT_EQ(c.permits_live, what_.survivors) << told();
      EXPECT_EQ(c.pending_inbound + c.pending_outbound + c.lingering, 0U) << told();
      EXPECT_EQ(n->count(notice::dial_succeeded), 1U) << told();
      EXPECT_EQ(n->count(notice::dial_failed), 0U) << told();
      EXPECT_EQ(c.remembered_peers, 0U) << told();
    }
  }

  const setting what_;
  manager_options options_;
  std::vector<std::uint8_t> path_;
  std::unordered_map<std::uint64_t, std::uint64_t> schedules_;  ///< from each state to its end
  std::size_t longest_ = 0;
};

TEST(interleavings, of_two_joining_dials_leave_exactly_one_connection) {
  for (const std::uint64_t limit : {1U, 2U})
    search({.name = "joining, per peer " + std::to_string(limit), .per_peer = limit}).run();
}

TEST(interleavings, of_two_joining_dials_and_a_deadline_leave_exactly_one_connection) {
  for (const std::uint64_t limit : {1U, 2U})
    search({.name = "joining, one early deadline, per peer " + std::to_string(limit),
            .per_peer = limit,
            .early_deadlines = 1})
        .run();
}

TEST(interleavings, of_two_joining_dials_that_race_leave_exactly_one_connection) {
  for (const std::uint64_t limit : {1U, 2U})
    search({.name = "racing, per peer " + std::to_string(limit),
            .per_peer = limit,
            .where = {address(1), address(2)},
            .early_deadlines = 1})
        .run();
}

TEST(interleavings, of_two_additional_dials_leave_both) {
  search({.name = "additional, per peer 2",
          .per_peer = 2,
          .mode = dial_mode::additional,
          .survivors = 2})
      .run();
}

}  // namespace
}  // namespace tandem::test
