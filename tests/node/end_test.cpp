// SPDX-License-Identifier: MIT
// How nodes and their connections end.
#include "node/two_connected.hpp"

#include <memory>

namespace {

using namespace tandem;
using namespace tandem::test;

constexpr duration d = two_connected::d;

TEST(node_end, of_a_killed_node_is_a_reset_for_its_peers) {
  two_connected t;
  t.server.node.reset();
  t.town.run_for(1s);
  const auto closed = t.client.heard->only(notice::connection_closed);
  EXPECT_EQ(closed.what.why, cause::reset);
  EXPECT_EQ(closed.when, at(100ms + d));
  t.town.dial(t.client, t.server);
  t.town.run_for(1s);
  EXPECT_EQ(t.client.heard->only(notice::dial_failed).what.why, cause::connection_refused);
}

TEST(node_end, comes_at_any_moment_with_everything_pending) {
  for (duration when{}; when <= 12 * d; when += d / 2) {
    for (const bool kill_server : {false, true}) {
      village town(d);
      auto server = town.add();
      auto client = town.add({}, false);
      auto dead = town.add({}, false);
      town.dial(client, server);
      town.dial(client, dead);
      town.run_until(at(when / 2));
      client.node->send(village::id_of(server), std::vector<std::byte>(100'000));
      town.run_until(at(when));
      client.node->send(village::id_of(server), bytes_of("never run"));
      (kill_server ? server : client).node.reset();
      const auto told = (kill_server ? server : client).heard->notices.size();
      town.run_for(2s);
      EXPECT_EQ((kill_server ? server : client).heard->notices.size(), told) << when.count();
      auto& left = kill_server ? client : server;
      EXPECT_EQ(left.counters().permits_live, 0U) << when.count();
      EXPECT_EQ(left.counters().pending_inbound, 0U) << when.count();
    }
  }
}

TEST(node_end, may_come_from_its_own_observer) {
  struct suicidal final : node_observer {
    void on_notification(time_point, const notification& what) override {
      if (what.kind == at) victim.reset();
    }
    void on_step(time_point, const connection_manager&) override {}
    void on_message(time_point, const received_message&) override { victim.reset(); }
    notice at = notice::connection_established;
    std::unique_ptr<node> victim;
  };
  for (const auto when : {notice::connection_established, notice::connection_closed}) {
    village town(d);
    auto client = town.add({}, false);
    suicidal observer;
    observer.at = when;
    const auto host = town.net->add_host();
    auto options = village::options_of(host);
    options.listen = {town.net->listen_address(host)};
    observer.victim = std::make_unique<node>(town.net->host(host), options, &observer);
    observer.victim->start();
    dial_options dial;
    dial.addresses = options.listen;
    client.node->dial(options.self.id(), dial);
    town.run_until(at(200ms));
    if (when == notice::connection_closed) client.node->send(options.self.id(), bytes_of("die"));
    town.run_for(1s);
    EXPECT_FALSE(observer.victim);
    EXPECT_EQ(client.counters().permits_live, 0U);
  }
}

TEST(node_end, of_two_that_close_at_once_loses_no_byte_over_any_round_trip) {
  for (const duration way : {1ms, 100ms, 500ms, 1000ms, 2500ms})
    for (const duration apart : {0 * way, way / 2, way, 2 * way})
      for (const bool measured : {false, true}) {
        SCOPED_TRACE(testing::Message() << way / 1ms << " ms, " << apart / 1ms << " ms apart");
        village town(way);
        auto server = town.add({}, true);
        auto client = town.add({}, false);
        town.dial(client, server);
        town.run_until(at(6 * way + (measured ? 3 * way : 0ns)));
        client.node->disconnect(village::id_of(server));
        town.run_for(apart);
        server.node->disconnect(village::id_of(client));
        town.run_for(30s);
        EXPECT_EQ(client.counters().bytes_sent, server.counters().bytes_received);
        EXPECT_EQ(server.counters().bytes_sent, client.counters().bytes_received);
        EXPECT_EQ(client.counters().permits_live + server.counters().permits_live, 0U);
      }
}

TEST(node_shutdown, tells_peers_and_is_quick_when_they_answer) {
  two_connected t;
  const auto over = t.server.node->shutdown();
  EXPECT_FALSE(is_ready(over));
  t.town.run_for(4 * d);
  EXPECT_TRUE(is_ready(over));
  EXPECT_TRUE(t.server.node->listening().empty());
  t.town.run_for(1s);
  EXPECT_EQ(t.client.heard->only(notice::connection_closed).what.why, cause::shutting_down);
  EXPECT_EQ(t.server.counters().permits_live, 0U);
}

TEST(node_shutdown, tells_peers_when_to_come_back) {
  two_connected t;
  t.server.node->shutdown();
  t.town.run_for(1s);
  const auto closed = t.client.heard->only(notice::connection_closed);
  const auto back =
      t.client.node->manager().explain(village::id_of(t.server), t.town.now()).next_dial;
  const duration half = manager_options{}.shutdown_retry_after / 2;
  EXPECT_GE(back, closed.when + half);
  EXPECT_LE(back, closed.when + 2 * half + 100ms) << "in steps of 100 ms, rounded up";
}

TEST(node_shutdown, is_over_within_two_seconds_whatever_the_peers_do) {
  two_connected t;
  auto silent = t.town.add();
  t.town.isolate(silent.host);
  t.town.dial(t.client, silent);  // a dial that hangs
  t.town.run_for(1ms);
  t.town.isolate(t.client.host);  // and an established peer that reads no more
  t.client.node->send(village::id_of(t.server), std::vector<std::byte>(500'000));
  t.town.run_for(1ms);
  const auto began = t.town.now();
  const auto over = t.client.node->shutdown();
  t.town.run_until(began + 2s);
  EXPECT_TRUE(is_ready(over));
  EXPECT_EQ(t.client.counters().permits_live, 0U);
  EXPECT_EQ(t.client.counters().pending_outbound, 0U);
}

TEST(node_shutdown, is_over_within_two_seconds_although_a_closed_connection_may_drain_for_longer) {
  village town(2500ms);
  auto server = town.add();
  auto client = town.add({}, false);
  town.dial(client, server);
  town.run_until(at(20s));
  town.isolate(client.host);
  client.node->disconnect(village::id_of(server));
  town.run_for(10s);
  EXPECT_EQ(client.counters().active_connections, 1U);
  const auto began = town.now();
  const auto over = client.node->shutdown();
  town.run_until(began + 2s);
  EXPECT_TRUE(is_ready(over));
  EXPECT_EQ(client.counters().permits_live, 0U);
}

TEST(node_shutdown, refuses_new_dials_and_shares_its_future) {
  two_connected t;
  const auto over = t.client.node->shutdown();
  const auto again = t.client.node->shutdown();
  t.town.dial(t.client, t.server);
  t.town.run_for(1s);
  EXPECT_TRUE(is_ready(over) && is_ready(again));
  EXPECT_EQ(t.client.heard->only(notice::dial_failed).what.why, cause::shutting_down);
}

TEST(node_shutdown, is_over_when_the_node_is_destroyed) {
  two_connected t;
  const auto over = t.client.node->shutdown();
  t.client.node.reset();
  EXPECT_TRUE(is_ready(over));
}

TEST(node_shutdown, may_be_asked_for_while_the_node_is_being_destroyed) {
  two_connected t;
  auto* const dying = t.client.node.get();
  std::shared_future<void> over;
  // A command that is dropped takes with it what it owns.
  std::shared_ptr<void> last(nullptr, [&](void*) { over = dying->shutdown(); });
  t.client.node->send(village::id_of(t.server), {}, [owned = std::move(last)](send_result) {});
  t.client.node.reset();
  EXPECT_TRUE(is_ready(over));
}

}  // namespace
