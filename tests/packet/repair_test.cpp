// SPDX-License-Identifier: GPL-2.0-only
// What TandemTcpSocket repairs of ns-3's TCP beside the ends that teardown_test and connect_test
// hold: when it sends again, and ends that come with data.
#include "bulk.hpp"

namespace tandem::packet {
namespace {

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

TEST(packet_repair, a_timeout_sends_one_packet_of_all_that_was_lost) {
  two_ends net;
  net.path_->loss = 1;
  source lost(net.dialer_end, net.clock(), pattern(3 * 1448));
  net.run(1s + 100ms);
  const auto before = net.packets();
  for (const duration timeout : {220ms, 660ms, 1540ms}) {  // each waits twice as long
    net.run(1s + timeout - 10ms);
    const auto so_far = net.packets() - before;
    net.run(1s + timeout + 50ms);
    EXPECT_EQ(net.packets() - before, so_far + 1) << timeout / 1ms;
  }
}

TEST(packet_repair, acknowledging_the_other_end_does_not_make_retransmissions_impatient) {
  two_ends net;
  sink to_dialer(net.dialer_end, net.clock()), to_server(net.server_end, net.clock());
  net.path_->loss = 1;  // what the dialer says is lost; what it hears it acknowledges in vain
  source up(net.dialer_end, net.clock(), "lost"), down(net.server_end, net.clock(), "heard");
  net.run(1000s);
  EXPECT_EQ(to_dialer.bytes, "heard");
  ASSERT_TRUE(to_dialer.end);
  EXPECT_EQ(to_dialer.end->what, asio::error::timed_out);
  // Timeouts of 220 ms, doubled up to 60 s, sixteen in all.
  EXPECT_GT(to_dialer.end->at, start + 500s);
  EXPECT_LT(to_dialer.end->at, start + 600s);
}

/// The dialer filled the server's receive buffer but for less than a segment; nobody reads.
struct small_window : two_ends {
  small_window() : filling(dialer_end, clock(), pattern(128 * 1024 - 1000)) { run(10s); }
  source filling;
};

TEST(packet_repair, a_window_too_small_for_a_segment_is_probed_also_for_what_is_said_later) {
  small_window net;
  source more(net.dialer_end, net.clock(), pattern(5'000, 2));
  net.run(11s);
  net.cut(true);
  sink in(net.server_end, net.clock());  // the update that opens the window is lost
  net.run(12s);
  net.cut(false);
  net.run(30s);
  EXPECT_TRUE(in.bytes == pattern(128 * 1024 - 1000) + pattern(5'000, 2));
}

TEST(packet_repair, what_was_lost_is_sent_again_while_the_window_is_small) {
  small_window net;
  net.cut(true);
  source lost(net.dialer_end, net.clock(), pattern(500, 2));
  net.run(10s + 50ms);
  source more(net.dialer_end, net.clock(), pattern(5'000, 3));
  net.run(10s + 100ms);
  net.cut(false);
  net.run(11s);  // long before a probe
  sink in(net.server_end, net.clock());
  net.run(11s + 1us);
  EXPECT_EQ(in.bytes.size(), 128U * 1024 - 500);
}

// Its window is full, and a probe said the next byte.
TEST(packet_repair, a_reader_that_stalls_after_its_own_end_is_given_up_when_it_is_gone) {
  two_ends net;
  net.server_end.shutdown_send();
  net.run(2s);
  source filling(net.dialer_end, net.clock(), pattern(128 * 1024 + 1));
  net.run(20s);
  net.cut(true);
  net.run(1h);
  source late(net.dialer_end, net.clock(), "late");
  net.run(1h + 1s);
  ASSERT_TRUE(late.end);
  EXPECT_EQ(late.end->what, asio::error::timed_out);
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
  net.run(460s);  // eight retries, those of a closed socket, are over after 112 s
  EXPECT_FALSE(to_dialer.end);
  net.fabric->partition({});
  net.run(521s);  // one each minute
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
