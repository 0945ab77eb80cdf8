// SPDX-License-Identifier: GPL-2.0-only
#include "two_hosts.hpp"

#include <boost/asio/error.hpp>

namespace tandem::packet {
namespace {

/// Set when the coroutine that holds it is destroyed.
struct flag_on_death {
  explicit flag_on_death(int& deaths) : deaths_(&deaths) {}
  flag_on_death(flag_on_death&& other) noexcept : deaths_(std::exchange(other.deaths_, nullptr)) {}
  ~flag_on_death() {
    if (deaths_ != nullptr) ++*deaths_;
  }

 private:
  int* deaths_;
};

asio::awaitable<void> serve(network& host, endpoint at, flag_on_death) {
  const auto listener = host.listen(at).value();
  std::vector<byte_stream> streams;
  for (;;) {
    auto made = co_await listener->async_accept(asio::use_awaitable);
    streams.push_back(std::move(made.stream));
  }
}

asio::awaitable<void> read_for_ever(network& host, endpoint at, flag_on_death) {
  auto made = co_await host.async_connect(at, asio::use_awaitable);
  char buffer[16];
  for (;;) co_await asio::async_read(made.stream, asio::buffer(buffer), asio::use_awaitable);
}

asio::awaitable<void> dial_only(network& host, endpoint at, flag_on_death) {
  co_await host.async_connect(at, asio::use_awaitable);
}

class packet_teardown : public testing::TestWithParam<duration> {};

TEST_P(packet_teardown, destroys_whatever_is_pending) {
  int deaths = 0;
  {
    two_hosts net;
    auto executor = net.server().executor();
    asio::co_spawn(executor, serve(net.server(), net.address(), flag_on_death(deaths)),
                   asio::detached);
    for (int i = 0; i < 3; ++i)
      asio::co_spawn(executor, read_for_ever(net.dialer(), net.address(), flag_on_death(deaths)),
                     asio::detached);
    asio::co_spawn(executor,
                   dial_only(net.dialer(), endpoint::v4(10, 9, 9, 9, 1), flag_on_death(deaths)),
                   asio::detached);
    net.fabric->clock().at(start + 500s, [&, flag = flag_on_death(deaths)] { ADD_FAILURE(); });
    net.run(GetParam());
    EXPECT_EQ(deaths, 0);
  }
  EXPECT_EQ(deaths, 6);
}

INSTANTIATE_TEST_SUITE_P(at_every_stage, packet_teardown,
                         testing::Values(0ms, 10ms, 50ms, 75ms, 100ms, 125ms, 150ms, 1s, 100s));

TEST(packet_teardown, a_killed_process_resets_its_connections_and_frees_its_port) {
  two_hosts net;
  net.connect();
  net.run(1s);
  sink in(net.dialer_end, net.fabric->clock());
  net.listener.reset();
  net.server_end = {};
  net.run(2s);
  ASSERT_TRUE(in.end);
  EXPECT_EQ(in.end->what, asio::error::connection_reset);
  EXPECT_EQ(in.end->at, start + 1050ms);
  net.dial();
  net.run(3s);
  EXPECT_EQ(net.dialed->what, asio::error::connection_refused);
  EXPECT_NO_THROW(net.listen());
}

TEST(packet_teardown, a_listener_destroyed_during_the_handshake_resets_the_dialer) {
  for (const duration when : {75ms, 125ms}) {
    two_hosts net;
    net.connect();
    net.run(when);
    net.listener.reset();
    net.run(1s);
    ASSERT_TRUE(net.accepted && net.dialed);
    EXPECT_EQ(net.accepted->what, asio::error::operation_aborted);
    ASSERT_FALSE(net.dialed->what);  // the SYN+ACK was on its way
    sink in(net.dialer_end, net.fabric->clock());
    net.run(2s);
    ASSERT_TRUE(in.end);
    EXPECT_EQ(in.end->what, asio::error::connection_reset);
  }
}

TEST(packet_listen, drops_syns_beyond_the_backlog_until_somebody_accepts) {
  two_hosts net;
  net.listen();
  std::vector<byte_stream> kept;
  int connected_count = 0;
  for (int i = 0; i < 4100; ++i)
    net.dialer().async_connect(net.address(), [&](error_code e, connected c) {
      if (!e) ++connected_count;
      kept.push_back(std::move(c.stream));
    });
  net.run(900ms);
  EXPECT_EQ(connected_count, 4096);
  for (int i = 0; i < 10; ++i) {
    net.listener->async_accept(
        [&](error_code, connected c) { kept.push_back(std::move(c.stream)); });
    net.run(950ms);
  }
  net.run(1200ms);  // the second SYN of the four left over, at 1 s
  EXPECT_EQ(connected_count, 4100);
}

}  // namespace
}  // namespace tandem::packet
