// SPDX-License-Identifier: MIT
// What is changed of the recorded options, and what is told of the two runs.
#include "core/replay/replays.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

TEST(replay_open, recorded_configuration_is_changed_only_in_the_fields_named) {
  driver d;
  manager_options other;
  other.connection_timeout = 50s;
  d.tell(events::configured{other});
  d.accept(conn(2), peer(1));
  d.accept(conn(4), peer(2));
  d.run_to(35s);
  d.tell(events::pressure{});
  const auto r = replay_with(d, [](manager_options& o) { o.max_connections_per_peer = 1; });
  EXPECT_EQ(r.divergences_count, 0U) << "the new idle timeout holds in both";
  EXPECT_EQ(r.counters.active_connections, 2U);
  const auto limited = replay_with(d, [](manager_options& o) {
    o.max_connections = 1;
    o.max_connections_per_peer = 1;
  });
  EXPECT_EQ(limited.divergences_count, 1U);
  EXPECT_NE(row_of(limited, conn(4)), nullptr);
  EXPECT_EQ(limited.unusable_options, 0U);
}

TEST(replay_open, rows_that_are_too_many_are_still_counted) {
  driver d;
  ten_arrive(d);
  replay_options options;
  options.divergences_max = 3;
  const auto r = replay_with(
      d, [](manager_options& o) { o.max_connections = 6; }, options);
  EXPECT_EQ(r.divergences.size(), 3U);
  EXPECT_EQ(r.divergences_count, 4U);
  ASSERT_EQ(r.totals.size(), 1U);
  EXPECT_EQ(r.totals[0].count, 4U);
}

TEST(replay_open, recorded_options_that_the_change_contradicts_are_counted) {
  driver d;
  manager_options other;
  other.max_connections_per_peer = 8;
  d.tell(events::configured{other});
  d.tell(events::configured{manager_options{}});
  const auto r = replay_with(d, [](manager_options& o) { o.max_connections = 7; });
  EXPECT_EQ(r.unusable_options, 1U);
}

TEST(replay_open, options_that_contradict_are_refused_by_name) {
  driver d;
  try {
    replay_with(d, [](manager_options& o) { o.max_connections = 1; });
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_NE(std::string(e.what()).find("max_connections_per_peer (2) is above"),
              std::string::npos);
  }
}

TEST(replay_open, watches_one_peer_in_both_runs) {
  driver d;
  ten_arrive(d);
  replay_options options;
  options.watch = peer(10);
  std::vector<std::string> recorded, open;
  options.on_watched = [&](time_point, bool in_open, const notification& n) {
    (in_open ? open : recorded).emplace_back(name_of(n.kind));
  };
  const auto r = replay_with(
      d, [](manager_options& o) { o.max_connections = 6; }, options);
  EXPECT_EQ(recorded, std::vector<std::string>{"connection_established"});
  EXPECT_EQ(open.front(), "inbound_refused");
  ASSERT_TRUE(r.record.explained && r.explained);
  EXPECT_EQ(r.record.explained->connections, 1U);
  EXPECT_EQ(r.explained->connections, 0U);
}

}  // namespace
}  // namespace tandem::test
