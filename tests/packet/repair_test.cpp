// SPDX-License-Identifier: GPL-2.0-only
// What TandemTcpSocket repairs of ns-3's TCP beside the ends that teardown_test and connect_test
// hold: when it sends again, and ends that come with data.
#include "bulk.hpp"

namespace tandem::packet {
namespace {

/// Two ends, connected at 1 s, 20 ms of round trip apart.
struct two_ends : two_hosts {
  two_ends() : two_hosts({.latency = 10ms}) {
    connect();
    run(1s);
  }
  tandem::clock& clock() { return fabric->clock(); }
};

TEST(packet_repair, sends_again_as_rfc_6298_says_however_old_the_connection_is) {
  two_ends net;
  sink to_server(net.server_end, net.clock()), to_dialer(net.dialer_end, net.clock());
  for (duration now = 2s; now < 1h; now += 15s) {  // requests and answers
    source request(net.dialer_end, net.clock(), "request");
    net.run(now + 10ms + 1us);
    source answer(net.server_end, net.clock(), "answer");
    net.run(now + 15s);
  }
  const time_point sent = net.now();
  const auto before = to_server.chunks.size();
  net.fabric->partition([](sim::host_index host) { return static_cast<int>(host); });
  source lost(net.dialer_end, net.clock(), "lost");
  net.run(sent - start + 100ms);
  net.fabric->partition({});
  net.run(sent - start + 60s);
  ASSERT_EQ(to_server.chunks.size(), before + 1);
  // SRTT, which delayed acknowledgements lengthen by 40 ms at most, and 200 ms.
  EXPECT_GE(to_server.chunks.back().at, sent + 220ms + 10ms);
  EXPECT_LE(to_server.chunks.back().at, sent + 260ms + 10ms + 1us);
}

TEST(packet_repair, an_end_that_comes_with_data_is_acknowledged_with_it) {
  // More than a window: the last segment takes the FIN along.
  const std::string sent = pattern(120'000);
  for (const bool server_first : {false, true}) {
    SCOPED_TRACE(server_first ? "to an end that is over itself" : "to one that is not");
    two_ends pair;
    sink to_server(pair.server_end, pair.clock());
    sink to_dialer(pair.dialer_end, pair.clock());
    if (server_first) pair.server_end.shutdown_send();
    pair.run(2s);
    source out(pair.dialer_end, pair.clock(), sent);
    pair.run(2s);
    pair.dialer_end.shutdown_send();
    pair.run(4s);
    EXPECT_TRUE(to_server.bytes == sent);
    ASSERT_TRUE(to_server.end);
    EXPECT_EQ(to_server.end->what, asio::error::eof);
    const auto events = pair.fabric->events();
    pair.run(60s);  // before TIME_WAIT is over
    EXPECT_EQ(pair.fabric->events(), events);
    EXPECT_EQ(to_dialer.end.has_value(), server_first);
  }
}

TEST(packet_repair, an_end_that_is_still_read_is_sent_again_as_long_as_data) {
  two_ends net;
  net.fabric->partition([](sim::host_index host) { return static_cast<int>(host); });
  sink to_dialer(net.dialer_end, net.clock()), to_server(net.server_end, net.clock());
  net.dialer_end.shutdown_send();
  net.run(450s);  // eight retries, those of a closed socket, are over after 112 s
  EXPECT_FALSE(to_dialer.end);
  net.fabric->partition({});
  net.run(510s);
  ASSERT_TRUE(to_server.end);
  EXPECT_EQ(to_server.end->what, asio::error::eof);
}

TEST(packet_repair, ends_with_data_that_cross_lose_neither) {
  for (const std::size_t bytes : {1, 12, 1448, 1449, 120'000}) {
    SCOPED_TRACE(bytes);
    two_ends pair;
    sink to_server(pair.server_end, pair.clock());
    sink to_dialer(pair.dialer_end, pair.clock());
    source up(pair.dialer_end, pair.clock(), pattern(bytes, 1));
    source down(pair.server_end, pair.clock(), pattern(bytes, 2));
    pair.run(1s);
    pair.dialer_end.shutdown_send();
    pair.server_end.shutdown_send();
    pair.run(2s);
    EXPECT_TRUE(to_server.bytes == pattern(bytes, 1));
    EXPECT_TRUE(to_dialer.bytes == pattern(bytes, 2));
    ASSERT_TRUE(to_server.end && to_dialer.end);
    EXPECT_EQ(to_server.end->what, asio::error::eof);
    EXPECT_EQ(to_dialer.end->what, asio::error::eof);
    const auto events = pair.fabric->events();
    pair.run(60s);
    EXPECT_EQ(pair.fabric->events(), events);
  }
}

}  // namespace
}  // namespace tandem::packet
