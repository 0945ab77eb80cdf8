// SPDX-License-Identifier: MIT
#include "node/village.hpp"

#include <vector>

namespace {

using namespace tandem;
using namespace tandem::test;

constexpr duration d = 10ms;

std::uint64_t refused(const villager& by, cause why) {
  return by.counters().refused[static_cast<std::size_t>(why)];
}

TEST(node_limits, admit_256_and_tell_the_257th_why_not) {
  village town(d);
  auto server = town.add();
  std::vector<villager> clients;
  for (int i = 0; i < 256; ++i) {
    clients.push_back(town.add({}, false));
    town.dial(clients.back(), server);
  }
  town.run_until(at(1s));
  EXPECT_EQ(server.counters().active_connections, 256U);
  EXPECT_EQ(refused(server, cause::limit_reached), 0U);

  auto late = town.add({}, false);
  town.dial(late, server);
  town.run_until(at(3s));
  EXPECT_EQ(server.counters().active_connections, 256U);
  EXPECT_EQ(refused(server, cause::limit_reached), 1U);
  const auto no = server.heard->only(notice::inbound_refused);
  EXPECT_EQ(no.what.limit, 256U);
  EXPECT_EQ(no.what.current, 256U);
  EXPECT_EQ(no.when, at(1s + 5 * d));
  const auto told = late.heard->only(notice::remote_refused);
  EXPECT_EQ(told.what.why, cause::limit_reached);
  EXPECT_EQ(told.when, at(1s + 6 * d));
  EXPECT_EQ(late.heard->only(notice::dial_failed).what.why, cause::limit_reached);
  EXPECT_EQ(late.counters().established_total, 0U);
  EXPECT_EQ(server.counters().lingering, 0U);

  clients.front().node.reset();
  late.node->override_backoff(village::id_of(server));
  town.run_for(1s);
  town.dial(late, server);
  town.run_for(1s);
  EXPECT_EQ(late.counters().active_connections, 1U);
}

TEST(node_limits, refuse_the_third_additional_connection_of_one_peer) {
  village town(d);
  auto server = town.add();
  manager_options many;
  many.max_connections_per_peer = 8;
  auto client = town.add(many, false);
  dial_options more;
  more.mode = dial_mode::additional;
  for (int i = 0; i < 3; ++i) town.dial(client, server, more);
  town.run_until(at(2s));
  EXPECT_EQ(server.counters().active_connections, 2U);
  EXPECT_EQ(server.counters().connected_peers, 1U);
  EXPECT_EQ(refused(server, cause::per_peer_limit_reached), 1U);
  EXPECT_EQ(client.heard->only(notice::dial_failed).what.why, cause::per_peer_limit_reached);
  EXPECT_EQ(client.counters().active_connections, 2U);
}

TEST(node_limits, close_an_idle_connection_exactly_at_its_timeout_while_probes_go_on) {
  for (const duration delay : {10ms, 300ms}) {
    village town(delay);
    auto server = town.add();
    manager_options restless;
    restless.liveness_interval = 5s;
    auto client = town.add(restless, false);
    town.dial(client, server);
    town.run_until(at(10s));
    ASSERT_EQ(client.counters().active_connections, 1U);
    client.node->send(village::id_of(server), bytes_of("used"));
    town.run_until(at(40s) - 1ns);
    const auto before = client.node->snapshot();
    EXPECT_EQ(before.active_connections, 1U);
    town.run_until(at(60s));
    const auto closed = client.heard->only(notice::connection_closed);
    EXPECT_EQ(closed.what.why, cause::idle_timeout);
    EXPECT_GE(closed.when, at(40s));
    EXPECT_LE(closed.when, at(40s) + 2 * delay);  // told, and heard the answer
    ASSERT_EQ(server.heard->messages.size(), 1U);
    EXPECT_EQ(server.heard->messages[0].text, "used");
    // Probes: at least one answer in each five of the thirty silent seconds.
    EXPECT_GE(before.bytes_received, 5U * 12U);
    EXPECT_EQ(server.counters().active_connections, 0U);
  }
}

TEST(node_limits, begin_the_idle_time_when_the_connection_is_ready) {
  village town(d);
  auto server = town.add();
  auto client = town.add({}, false);
  town.dial(client, server);
  town.run_until(at(5 * d + 30s) - 1ns);
  EXPECT_EQ(server.counters().active_connections, 1U);
  EXPECT_EQ(server.heard->count(notice::connection_closed), 0U);
  town.run_for(1s);
  const auto closed = server.heard->only(notice::connection_closed);
  EXPECT_EQ(closed.what.why, cause::idle_timeout);
  EXPECT_GE(closed.when, at(5 * d + 30s));
  EXPECT_LE(closed.when, at(5 * d + 30s + 2 * d));
}

TEST(node_limits, count_what_moved_before_judging_what_is_idle) {
  village town(d);
  manager_options quiet;
  quiet.liveness_interval = 100s;  // nothing but the message reaches the core after `ready`
  auto server = town.add(quiet);
  auto client = town.add(quiet, false);
  town.dial(client, server);
  town.run_until(at(10s));
  client.node->send(village::id_of(server), bytes_of("used"));
  town.run_until(at(40s) - 1ns);
  EXPECT_EQ(client.counters().active_connections, 1U);
  EXPECT_EQ(server.counters().active_connections, 1U);
  town.run_for(1s);
  const auto closed = client.heard->only(notice::connection_closed);
  EXPECT_EQ(closed.what.why, cause::idle_timeout);
  EXPECT_GE(closed.when, at(40s));
  EXPECT_LE(closed.when, at(40s) + 2 * d);
}

}  // namespace
