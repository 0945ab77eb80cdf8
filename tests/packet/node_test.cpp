// SPDX-License-Identifier: GPL-2.0-only
// The production node on ns-3's TCP.
#include "node/village.hpp"
#include "tandem/packet/fabric.hpp"
#include "two_hosts.hpp"

namespace tandem::packet {
namespace {

/// Two nodes `latency` apart; 1 listens.
struct node_pair {
  explicit node_pair(const manager_options& of_server = {})
      : server(of_server), net({.latency = 50ms}) {
    begin(0, {}, dialer_says, dialer);
    begin(1, server, server_says, listener);
  }

  void begin(sim::host_index host, const manager_options& manager, test::recorder& says,
             std::unique_ptr<node>& into) {
    node_options options;
    options.manager = manager;
    options.self = identity::of_node(1, host);
    options.seed = host;
    options.security = {security::plaintext};
    options.listen = {net.fabric->listen_address(host)};
    into = std::make_unique<node>(net.fabric->host(host), options, &says);
    into->start();
  }
  void dial() {
    dial_options options;
    options.addresses = {net.fabric->listen_address(1)};
    options.mode = dial_mode::additional;
    dialer->dial(identity::of_node(1, 1).id(), options);
  }

  manager_options server;
  two_hosts net;
  test::recorder dialer_says, server_says;
  std::unique_ptr<node> dialer, listener;
};

TEST(packet_node, dialer_is_ready_after_three_round_trips_and_listener_half_one_earlier) {
  node_pair pair;
  pair.dial();
  pair.net.run(5s);
  const auto dialer = pair.dialer_says.only(notice::connection_established);
  const auto server = pair.server_says.only(notice::connection_established);
  // Each of the flights of the upgrade leaves within the nanosecond for which ns-3 collects data.
  EXPECT_GE(dialer.when, start + 300ms);
  EXPECT_LE(dialer.when, start + 300ms + 1us);
  EXPECT_GE(server.when, start + 250ms);
  EXPECT_LE(server.when, start + 250ms + 1us);
}

TEST(packet_node, an_idle_connection_closes_at_its_timeout) {
  node_pair pair;
  pair.dial();
  pair.net.run(60s);
  const auto ready = pair.server_says.only(notice::connection_established);
  const auto closed = pair.server_says.only(notice::connection_closed);
  EXPECT_EQ(closed.what.why, cause::idle_timeout);
  EXPECT_GE(closed.when, ready.when + 30s);
  EXPECT_LE(closed.when, ready.when + 32500ms);  // with idle_jitter, a round trip and the drain
}

TEST(packet_node, a_refused_dialer_is_told_the_reason) {
  manager_options one;
  one.max_connections = 1;
  one.max_connections_per_peer = 1;
  node_pair pair(one);
  pair.dial();
  pair.net.run(1s);
  pair.dial();
  pair.net.run(5s);
  EXPECT_EQ(pair.server_says.count(notice::inbound_refused), 1U);
  EXPECT_EQ(pair.dialer_says.only(notice::remote_refused).what.why,
            pair.server_says.only(notice::inbound_refused).what.why);
}

TEST(packet_node, a_closed_port_is_refused_after_one_round_trip) {
  node_pair pair;
  pair.listener.reset();
  pair.net.run(1s);
  pair.dial();
  pair.net.run(5s);
  const auto failed = pair.dialer_says.only(notice::dial_failed);
  EXPECT_EQ(failed.what.why, cause::connection_refused);
  EXPECT_EQ(failed.when, start + 1100ms);
}

TEST(packet_node, a_killed_node_is_a_reset_and_teardown_with_connections_is_clean) {
  node_pair pair;
  pair.dial();
  pair.net.run(1s);
  pair.listener.reset();
  pair.net.run(2s);
  EXPECT_EQ(pair.dialer_says.only(notice::connection_closed).what.why, cause::reset);
  pair.begin(1, {}, pair.server_says, pair.listener);
  pair.dial();
  pair.net.run(2100ms);
}

TEST(packet_node, messages_arrive) {
  node_pair pair;
  pair.dial();
  pair.net.run(1s);
  pair.dialer->send(identity::of_node(1, 1).id(), test::bytes_of("hello"));
  pair.net.run(2s);
  ASSERT_EQ(pair.server_says.messages.size(), 1U);
  EXPECT_EQ(pair.server_says.messages[0].text, "hello");
  EXPECT_GE(pair.server_says.messages[0].when, start + 1050ms);
  EXPECT_LE(pair.server_says.messages[0].when, start + 1050ms + 1us);
}

}  // namespace
}  // namespace tandem::packet
