// SPDX-License-Identifier: GPL-2.0-only
#include "bulk.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>

#include <limits>
#include <numeric>

namespace tandem::packet {
namespace {

/// Two connected ends at 1 s.
struct packet_stream_test : testing::Test {
  explicit packet_stream_test(sim::link path = {.latency = 50ms}) : net(path) {
    net.connect();
    net.run(1s);
  }
  tandem::clock& clock() { return net.fabric->clock(); }
  time_point at(duration since) { return start + since; }
  void expect_drained() {
    net.run(3600s);
    const auto events = net.fabric->events();
    net.run(36000s);
    EXPECT_EQ(net.fabric->events(), events);
  }

  two_hosts net;
};

TEST_F(packet_stream_test, carries_bytes_one_way_in_half_a_round_trip) {
  sink in(net.server_end, clock());
  source out(net.dialer_end, clock(), "hello");
  net.run(2s);
  ASSERT_TRUE(out.end);
  EXPECT_FALSE(out.end->what);
  EXPECT_EQ(out.end->at, at(1s));
  EXPECT_EQ(in.bytes, "hello");
  EXPECT_GE(in.chunks.at(0).at, at(1050ms));
  EXPECT_LE(in.chunks.at(0).at, at(1050ms) + 1us);  // ns-3 collects what is sent for 1 ns
  EXPECT_FALSE(in.end);
}

TEST_F(packet_stream_test, zero_length_operations_complete_at_once) {
  int done = 0;
  net.dialer_end.async_read_some(asio::mutable_buffer(), [&](error_code e, std::size_t n) {
    EXPECT_FALSE(e);
    EXPECT_EQ(n, 0U);
    ++done;
  });
  net.dialer_end.async_write_some(asio::const_buffer(), [&](error_code e, std::size_t n) {
    EXPECT_FALSE(e);
    EXPECT_EQ(n, 0U);
    ++done;
  });
  EXPECT_EQ(done, 0);
  net.run(1s);
  EXPECT_EQ(done, 2);
}

TEST_F(packet_stream_test, half_close_ends_one_direction_only) {
  sink to_server(net.server_end, clock()), to_dialer(net.dialer_end, clock());
  source request(net.dialer_end, clock(), "request");
  net.dialer_end.shutdown_send();
  net.run(2s);
  ASSERT_TRUE(to_server.end);
  EXPECT_EQ(to_server.bytes, "request");
  EXPECT_EQ(to_server.end->what, asio::error::eof);
  EXPECT_GE(to_server.end->at, at(1050ms));
  EXPECT_LE(to_server.end->at, at(1050ms) + 1us);
  source late(net.dialer_end, clock(), "more");
  source answer(net.server_end, clock(), pattern(300'000));
  net.run(10s);
  ASSERT_TRUE(late.end && answer.end);
  EXPECT_EQ(late.end->what, asio::error::broken_pipe);
  EXPECT_EQ(to_dialer.bytes, pattern(300'000));
  EXPECT_FALSE(to_dialer.end);
  net.server_end.shutdown_send();
  net.run(11s);
  ASSERT_TRUE(to_dialer.end);
  EXPECT_EQ(to_dialer.end->what, asio::error::eof);
  expect_drained();
}

TEST_F(packet_stream_test, close_delivers_what_was_written_and_is_an_end_not_a_reset) {
  sink in(net.server_end, clock());
  source out(net.dialer_end, clock(), pattern(100'000));
  net.run(1s);
  ASSERT_TRUE(out.end);
  EXPECT_EQ(out.written, 100'000U);
  net.dialer_end.close();
  net.dialer_end = {};
  net.run(60s);
  EXPECT_EQ(in.bytes, pattern(100'000));
  ASSERT_TRUE(in.end);
  EXPECT_EQ(in.end->what, asio::error::eof);
  net.server_end.close();
  expect_drained();
}

TEST_F(packet_stream_test, close_with_unread_bytes_is_still_orderly) {
  source unread(net.server_end, clock(), "nobody reads this");
  net.run(2s);
  source last(net.dialer_end, clock(), "last words");
  sink in(net.server_end, clock());
  net.run(2s);
  net.dialer_end.close();
  net.run(4s);
  EXPECT_EQ(in.bytes, "last words");
  ASSERT_TRUE(in.end);
  EXPECT_EQ(in.end->what, asio::error::eof);
}

TEST_F(packet_stream_test, abort_is_a_reset_after_half_a_round_trip) {
  sink in(net.server_end, clock());
  net.dialer_end.abort();
  net.run(1s);
  net.run(2s);
  ASSERT_TRUE(in.end);
  EXPECT_EQ(in.end->what, asio::error::connection_reset);
  EXPECT_EQ(in.end->at, at(1050ms));
  source out(net.server_end, clock(), "into the void");
  net.run(3s);
  ASSERT_TRUE(out.end);
  EXPECT_EQ(out.end->what, asio::error::connection_reset);
  expect_drained();
}

TEST_F(packet_stream_test, destroying_a_stream_resets_and_aborts_its_operations) {
  sink there(net.server_end, clock());
  std::optional<error_code> here;
  char buffer[8];
  net.dialer_end.async_read_some(asio::buffer(buffer),
                                 [&](error_code e, std::size_t) { here = e; });
  net.dialer_end = {};
  EXPECT_FALSE(here);
  net.run(2s);
  ASSERT_TRUE(here);
  EXPECT_EQ(*here, asio::error::operation_aborted);
  ASSERT_TRUE(there.end);
  EXPECT_EQ(there.end->what, asio::error::connection_reset);
}

TEST_F(packet_stream_test, a_cancelled_read_loses_nothing) {
  asio::cancellation_signal stop;
  std::optional<error_code> cancelled;
  char buffer[8];
  net.server_end.async_read_some(
      asio::buffer(buffer),
      asio::bind_cancellation_slot(stop.slot(), [&](error_code e, std::size_t) { cancelled = e; }));
  net.run(1s);
  stop.emit(asio::cancellation_type::terminal);
  net.run(1s);
  ASSERT_TRUE(cancelled);
  EXPECT_EQ(*cancelled, asio::error::operation_aborted);
  sink in(net.server_end, clock());
  source out(net.dialer_end, clock(), "still here");
  net.run(2s);
  EXPECT_EQ(in.bytes, "still here");
}

TEST_F(packet_stream_test, a_reader_that_stops_holds_the_writer_and_resuming_frees_it) {
  source out(net.dialer_end, clock(), pattern(2'000'000));
  net.run(60s);
  EXPECT_FALSE(out.end);  // both buffers, 128 KiB each, are full
  sink in(net.server_end, clock());
  net.run(61s);
  EXPECT_GT(in.bytes.size(), 300'000U);  // the window update went out at once, not at a probe
  net.run(120s);
  ASSERT_TRUE(out.end);
  EXPECT_FALSE(out.end->what);
  EXPECT_TRUE(in.bytes == pattern(2'000'000));
}

TEST_F(packet_stream_test, knows_what_has_left_and_what_the_peer_has_acknowledged) {
  source out(net.dialer_end, clock(), pattern(100'000));
  net.run(1s);
  const auto held = net.dialer_end.progress();
  EXPECT_EQ(held.unacknowledged, 100'000U);
  EXPECT_EQ(held.unsent, 100'000U - 10 * 1448) << "the initial window leaves in this instant";
  net.run(1s + 99ms);
  EXPECT_EQ(net.dialer_end.progress().unacknowledged, 100'000U);
  EXPECT_EQ(net.dialer_end.progress().since_sent, 99ms - 1ns);
  net.run(1s + 110ms);
  EXPECT_LT(net.dialer_end.progress().unacknowledged, 100'000U);
  EXPECT_LE(net.dialer_end.progress().since_acknowledged, 10ms);
  net.run(60s);
  EXPECT_EQ(net.dialer_end.progress().unacknowledged, 0U);
  EXPECT_EQ(net.dialer_end.progress().unsent, 0U);
  EXPECT_GT(net.dialer_end.progress().since_sent, 55s);
}

TEST_F(packet_stream_test, data_on_a_dead_path_times_out_and_nothing_stays_behind) {
  sink in(net.dialer_end, clock());
  net.fabric->partition([](sim::host_index host) { return static_cast<int>(host); });
  source out(net.dialer_end, clock(), "lost");
  net.run(100s);
  EXPECT_FALSE(in.end);  // 15 retries last longer
  net.run(1000s);
  ASSERT_TRUE(in.end);
  EXPECT_EQ(in.end->what, asio::error::timed_out);
  // Sum of the timeouts: the first is RTT + 200 ms, doubled up to 60 s, sixteen in all.
  EXPECT_GT(in.end->at, at(500s));
  EXPECT_LT(in.end->at, at(600s));
  net.dialer_end.close();
  net.server_end.close();
  expect_drained();
}

TEST_F(packet_stream_test, closing_on_a_dead_path_gives_up_and_the_queue_drains) {
  net.fabric->partition([](sim::host_index host) { return static_cast<int>(host); });
  net.dialer_end.close();
  net.server_end.close();
  net.run(200s);  // eight retries, 300 ms doubled up to 60 s
  const auto events = net.fabric->events();
  net.run(3600s);
  EXPECT_EQ(net.fabric->events(), events);
}

TEST_F(packet_stream_test, a_peer_that_never_closes_does_not_keep_an_orphan) {
  net.dialer_end.close();
  expect_drained();
  sink in(net.server_end, clock());
  net.run(36001s);
  ASSERT_TRUE(in.end);
  EXPECT_EQ(in.end->what, asio::error::eof);
}

TEST_F(packet_stream_test, both_ends_may_close_at_once) {
  source a(net.dialer_end, clock(), "a"), b(net.server_end, clock(), "b");
  net.run(1s);
  net.dialer_end.close();
  net.server_end.close();
  expect_drained();
}

struct packet_stream_lossy_test : packet_stream_test {
  packet_stream_lossy_test()
      : packet_stream_test(
            {.latency = 20ms, .jitter = 5ms, .bandwidth = 10'000'000, .loss = 0.05}) {}
};

TEST_F(packet_stream_lossy_test, everything_arrives_in_order_both_ways_and_both_ends_end) {
  net.run(100s);
  ASSERT_TRUE(net.dialed && net.accepted);
  ASSERT_FALSE(net.dialed->what || net.accepted->what);
  sink to_server(net.server_end, clock()), to_dialer(net.dialer_end, clock());
  source up(net.dialer_end, clock(), pattern(300'000)),
      down(net.server_end, clock(), pattern(200'000));
  while (!up.end || !down.end) net.run(clock().now() - start + 1s);
  net.dialer_end.shutdown_send();
  net.server_end.shutdown_send();
  net.run(2000s);
  EXPECT_TRUE(to_server.bytes == pattern(300'000));
  EXPECT_TRUE(to_dialer.bytes == pattern(200'000));
  ASSERT_TRUE(to_server.end && to_dialer.end);
  EXPECT_EQ(to_server.end->what, asio::error::eof);
  EXPECT_EQ(to_dialer.end->what, asio::error::eof);
  net.dialer_end.close();
  net.server_end.close();
  expect_drained();
}

}  // namespace
}  // namespace tandem::packet
