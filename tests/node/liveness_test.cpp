// SPDX-License-Identifier: MIT
// A small part of the grid of tests/bench/scenarios/liveness_grid.cpp, and what streams do to idle.
#include "node/liveness_grid.hpp"
#include "node/village.hpp"

namespace {

using namespace tandem;
using namespace tandem::test;

class liveness : public testing::TestWithParam<std::pair<duration, double>> {
 protected:
  grid_result run(pastime what, duration length) {
    const auto [round_trip, loss] = GetParam();
    const auto sum = liveness_grid({round_trip, loss, what, 2, length, 1}).run();
    EXPECT_EQ(sum.ready, 4U);
    return sum;
  }
};

TEST_P(liveness, never_closes_a_quiet_connection_whose_peer_is_there) {
  const auto sum = run(pastime::quiet, 30min);
  EXPECT_EQ(sum.false_closes, 0U);
  EXPECT_EQ(sum.silenced, 0U);
}

TEST_P(liveness, never_closes_during_bulk_transfer) {
  const auto sum = run(pastime::bulk, 1min);
  EXPECT_EQ(sum.false_closes, 0U);
  EXPECT_EQ(sum.silenced, 0U);
}

TEST_P(liveness, never_closes_because_of_a_stall_of_ten_seconds) {
  const auto sum = run(pastime::stalls, 20min);
  EXPECT_EQ(sum.false_closes, 0U);
  EXPECT_EQ(sum.silenced, 0U);
}

TEST_P(liveness, finds_every_dead_peer_within_the_bound) {
  const auto sum = run(pastime::vanishing, 20min);
  EXPECT_EQ(sum.false_closes, 0U);
  EXPECT_EQ(sum.dead, 4U);
  EXPECT_EQ(sum.found, 4U);
  EXPECT_GT(sum.slowest, 30s) << "three probes were missed";
  EXPECT_LE(sum.slowest, sum.bound);
}

INSTANTIATE_TEST_SUITE_P(grid, liveness,
                         testing::Values(std::pair(20ms, 0.0), std::pair(20ms, 0.05),
                                         std::pair(1s, 0.05), std::pair(5s, 0.0),
                                         std::pair(5s, 0.05)));

TEST(streams, hold_a_connection_open_until_a_slow_message_has_arrived) {
  // At 32 kbit/s what the kernel has taken needs 33 s to get through, more than the idle timeout.
  // Probes and their answers wait behind it, so liveness is told to be patient: idle decides.
  village town(10ms, 32'000);
  manager_options options;
  options.connection_timeout = 25s;
  options.liveness_timeout = 200s;
  auto server = town.add(options);
  auto client = town.add(options, false);
  town.dial(client, server);
  town.run_until(at(1s));
  ASSERT_EQ(client.counters().active_connections, 1U);
  const auto conn = client.heard->only(notice::connection_established).what.conn;
  const auto streams = [&] { return client.node->manager().explain(conn, town.now()).streams; };
  EXPECT_EQ(streams(), 0U);
  client.node->send(village::id_of(server), std::vector<std::byte>(256 << 10));
  town.run_until(at(30s));
  EXPECT_EQ(streams(), 1U);
  town.run_until(at(200s));
  ASSERT_EQ(server.heard->messages.size(), 1U);
  const time_point arrived = server.heard->messages[0].when;
  EXPECT_GT(arrived, at(60s));
  const auto closed = client.heard->only(notice::connection_closed);
  EXPECT_EQ(closed.what.why, cause::idle_timeout);
  EXPECT_GT(closed.when, arrived);
}

TEST(streams, idle_begins_when_the_last_byte_left_a_slow_line) {
  village town(10ms, 128'000);
  auto server = town.add();
  auto client = town.add({}, false);
  town.dial(client, server);
  town.run_until(at(1s));
  client.node->send(village::id_of(server), std::vector<std::byte>(256 << 10));
  town.run_until(at(200s));
  ASSERT_EQ(server.heard->messages.size(), 1U);
  const time_point arrived = server.heard->messages[0].when;
  EXPECT_GT(arrived, at(16s)) << "half of it was in the buffer of the transport at the last";
  const auto closed = client.heard->only(notice::connection_closed);
  EXPECT_EQ(closed.what.why, cause::idle_timeout);
  // The last segment waits for the receiver's line, too: 1500 bytes, 94 ms.
  EXPECT_GE(closed.when, arrived - 10ms - 94ms + 30s);
  EXPECT_LE(closed.when, arrived + 32s);  // idle_jitter lengthens
}

TEST(liveness, of_a_sender_is_that_its_bytes_are_acknowledged) {
  // Probes wait behind 30 s of bytes (a send buffer of 128 KiB); the receiver says nothing else.
  village town(10ms, 32'000);
  manager_options options;
  options.liveness_interval = options.liveness_timeout = 2s;
  auto server = town.add(options);
  auto client = town.add(options, false);
  town.dial(client, server);
  town.run_until(at(1s));
  client.node->send(village::id_of(server), std::vector<std::byte>(512 << 10));
  town.run_until(at(100s));
  EXPECT_EQ(client.counters().active_connections, 1U);
  town.isolate(server.host);
  town.run_until(at(300s));  // no patience is longer than 3 misses of 60 s
  EXPECT_EQ(client.heard->only(notice::connection_closed).what.why, cause::liveness_lost);
}

}  // namespace
