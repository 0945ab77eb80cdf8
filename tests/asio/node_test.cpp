// SPDX-License-Identifier: MIT
// Nodes on real sockets. Times are real: upper bounds only, and generous ones.
#include "tandem/net/node.hpp"
#include "asio/few_descriptors.hpp"
#include "asio/loop.hpp"
#include "asio/nodes.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace tandem;
using namespace tandem::test;

std::uint64_t active(const node& of) { return of.manager().counters().active_connections; }

TEST(asio_node, names_the_address_whose_port_is_in_use) {
  loop io;
  node first(*io.net, options_of(1));
  first.start();
  auto options = options_of(2);
  options.listen = first.listening();
  node second(*io.net, options);
  try {
    second.start();
    FAIL() << "listened twice";
  } catch (const boost::system::system_error& error) {
    EXPECT_EQ(error.code(), asio::error::address_in_use);
    EXPECT_NE(std::string(error.what()).find(to_string(options.listen[0])), std::string::npos);
  }
}

TEST(asio_node, lets_an_honest_peer_in_beside_256_silent_ones) {
  loop io;
  node server(*io.net, options_of(1)), client(*io.net, options_of(2, false));
  server.start();
  client.start();
  std::vector<arrival> silent(256);
  for (auto& each : silent) io.net->async_connect(server.listening()[0], each.handler());
  ASSERT_TRUE(io.run_until([&] { return server.manager().counters().pending_inbound == 256; }));
  client.dial(server.self().id(), to(server));
  ASSERT_TRUE(io.run_until([&] { return active(client) == 1 && active(server) == 1; }));
  EXPECT_EQ(server.manager().counters().pending_inbound, 256U);
}

TEST(asio_node, shuts_down_within_two_seconds_beside_silent_peers) {
  loop io;
  node server(*io.net, options_of(1)), client(*io.net, options_of(2, false));
  server.start();
  client.start();
  std::vector<arrival> silent(16);
  for (auto& each : silent) io.net->async_connect(server.listening()[0], each.handler());
  client.dial(server.self().id(), to(server));
  ASSERT_TRUE(io.run_until(
      [&] { return active(server) == 1 && server.manager().counters().pending_inbound == 16; }));
  const auto began = std::chrono::steady_clock::now();
  const auto over = server.shutdown();
  ASSERT_TRUE(io.run_until([&] { return over.wait_for(0s) == std::future_status::ready; }));
  EXPECT_LE(std::chrono::steady_clock::now() - began, 2s + 250ms);  // the loop's own delay
  EXPECT_EQ(server.manager().counters().permits_live, 0U);
}

TEST(asio_node, dies_at_once_and_its_peers_see_a_reset) {
  loop io;
  auto server = std::make_unique<node>(*io.net, options_of(1));
  node client(*io.net, options_of(2, false));
  server->start();
  client.start();
  const auto said = client.subscribe();
  client.dial(server->self().id(), to(*server));
  ASSERT_TRUE(io.run_until([&] { return active(client) == 1 && active(*server) == 1; }));
  server.reset();
  ASSERT_TRUE(io.run_until([&] { return active(client) == 0; }));
  std::optional<notification> closed;
  while (auto next = said->next(0ms))
    if (auto* n = std::get_if<notification>(&*next); n && n->kind == notice::connection_closed)
      closed = *n;
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->why, cause::reset);
}

TEST(asio_node, waits_without_spinning_while_descriptors_lack_and_then_recovers) {
  loop io;
  node server(*io.net, options_of(1)), client(*io.net, options_of(2, false));
  server.start();
  client.start();
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const int free = dup(0);
  close(free);
  auto scarce = before;
  scarce.rlim_cur = static_cast<rlim_t>(free) + 1;  // enough for the dialer's end alone
  setrlimit(RLIMIT_NOFILE, &scarce);
  client.dial(server.self().id(), to(server));
  const auto cpu = std::clock();
  io.run_for(500ms);
  const double busy = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  EXPECT_EQ(active(client), 0U);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_LT(busy, 0.25);  // a spinning loop takes all of it
  EXPECT_TRUE(io.run_until([&] { return active(client) == 1 && active(server) == 1; }, 5s));
}

TEST(asio_node, hears_whoever_speaks_though_the_silent_hold_all_descriptors) {
  loop io;
  node server(*io.net, options_of(1)), client(*io.net, options_of(2, false));
  server.start();
  client.start();
  const few_descriptors scarce(64);
  std::vector<int> others;
  for (int each = dup(0); each >= 0; each = dup(0)) others.push_back(each);
  for (int left = 9; left > 0; --left) {  // four silent ones, both ends, and the dialer's
    close(others.back());
    others.pop_back();
  }
  std::vector<arrival> silent(4);
  for (auto& each : silent) io.net->async_connect(server.listening()[0], each.handler());
  ASSERT_TRUE(io.run_until([&] { return server.manager().counters().pending_inbound == 4; }));
  client.dial(server.self().id(), to(server));
  EXPECT_TRUE(io.run_until([&] { return active(client) == 1 && active(server) == 1; }, 5s));
  const auto& refused = server.manager().counters().refused;
  EXPECT_EQ(refused[static_cast<std::size_t>(cause::pending_limit_reached)], 1U);
  for (const int each : others) close(each);
}

TEST(asio_node, hears_whoever_speaks_though_its_dials_of_the_silent_hold_all_descriptors) {
  loop io;
  node server(*io.net, options_of(1)), client(*io.net, options_of(2, false));
  server.start();
  client.start();
  boost::asio::io_context other;  // the kernel accepts there, and nobody says anything
  const boost::asio::ip::tcp::acceptor mute(other, {boost::asio::ip::address_v4::loopback(), 0});
  dial_options silent;
  silent.addresses = {endpoint::v4(127, 0, 0, 1, mute.local_endpoint().port())};
  const few_descriptors scarce(64);
  std::vector<int> others;
  for (int each = dup(0); each >= 0; each = dup(0)) others.push_back(each);
  for (int left = 5; left > 0; --left) {  // four of those, and the dialer's
    close(others.back());
    others.pop_back();
  }
  for (std::uint64_t n = 10; n < 14; ++n) server.dial(identity::of_node(7, n).id(), silent);
  ASSERT_TRUE(io.run_until([&] { return server.manager().counters().pending_outbound == 4; }));
  client.dial(server.self().id(), to(server));
  EXPECT_TRUE(io.run_until([&] { return active(client) == 1 && active(server) == 1; }, 5s));
  EXPECT_EQ(server.manager().counters().failed_total, 0U);
  for (const int each : others) close(each);
}

TEST(asio_node, is_destroyed_with_everything_pending) {
  loop io;
  {
    node server(*io.net, options_of(1)), client(*io.net, options_of(2, false));
    server.start();
    client.start();
    std::vector<arrival> silent(4);
    for (auto& each : silent) io.net->async_connect(server.listening()[0], each.handler());
    client.dial(server.self().id(), to(server));
    ASSERT_TRUE(io.run_until([&] { return active(server) == 1; }));
    client.send(server.self().id(), std::vector<std::byte>(500'000));
    client.dial(identity::of_node(7, 9).id(), to(server));
    io.run_until([] { return false; }, 1ms);
  }
  io.run_for(20ms);
}

}  // namespace
