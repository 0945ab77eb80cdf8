// SPDX-License-Identifier: MIT
#include "tandem/core/random.hpp"
#include "tandem/core/trace.hpp"

#include "sim/stream_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace tandem::sim::testing {
namespace {

constexpr link slow{.latency = 50ms};

std::string pattern(std::size_t size, std::uint64_t seed) {
  random_stream random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random.next());
  return bytes;
}

asio::awaitable<void> send_all(byte_stream& to, const std::string& bytes, std::uint64_t seed,
                               std::size_t most) {
  random_stream random(seed);
  for (std::size_t sent = 0; sent < bytes.size();) {
    const std::size_t n = std::min<std::size_t>(bytes.size() - sent, 1 + random.up_to(most - 1));
    const auto [ec, wrote] =
        co_await to.async_write_some(asio::buffer(bytes.data() + sent, n), as_tuple);
    EXPECT_FALSE(ec);
    if (ec) co_return;
    sent += wrote;
  }
  to.shutdown_send();
}

asio::awaitable<void> receive_all(byte_stream& from, std::string& bytes, std::uint64_t seed,
                                  std::size_t most, error_code& end, trace_hash* trace,
                                  tandem::clock& time) {
  random_stream random(seed);
  std::string buffer(most, '\0');
  for (;;) {
    const std::size_t room = 1 + random.up_to(most - 1);
    const auto [ec, n] = co_await from.async_read_some(asio::buffer(buffer.data(), room), as_tuple);
    end = ec;
    if (ec) co_return;
    bytes.append(buffer, 0, n);
    if (trace) {
      trace->add(static_cast<std::uint64_t>(time.now().time_since_epoch().count()));
      trace->add(n);
    }
  }
}

// Both directions at once; returns the hash of when how much was read.
std::uint64_t exchange(const link& path, std::uint64_t seed, std::size_t size, std::size_t most) {
  stream_net net(path, 2, seed);
  stream_pair pair(net);
  net.run_for(60s);
  const std::string up = pattern(size, 1), down = pattern(size, 2);
  std::string up_read, down_read;
  error_code up_end, down_end;
  trace_hash trace;
  auto ex = net.net->host(0).executor();
  auto& time = net.net->clock();
  asio::co_spawn(ex, send_all(pair.dialer, up, 3, most), asio::detached);
  asio::co_spawn(ex, send_all(pair.server, down, 4, most), asio::detached);
  asio::co_spawn(ex, receive_all(pair.server, up_read, 5, most, up_end, &trace, time),
                 asio::detached);
  asio::co_spawn(ex, receive_all(pair.dialer, down_read, 6, most, down_end, &trace, time),
                 asio::detached);
  net.run_for(3000s);
  EXPECT_TRUE(up_read == up) << up_read.size() << " of " << up.size();
  EXPECT_TRUE(down_read == down) << down_read.size() << " of " << down.size();
  EXPECT_EQ(up_end, asio::error::eof);
  EXPECT_EQ(down_end, asio::error::eof);
  return trace.value();
}

TEST(stream_data, carries_every_byte_in_order) {
  exchange({}, 1, 1 << 20, 200'000);
  exchange(slow, 1, 1 << 20, 3000);
  exchange(slow, 1, 3000, 1);
  exchange(link{.latency = 5ms, .jitter = 20ms}, 1, 1 << 20, 20'000);
  exchange(link{.latency = 5ms, .jitter = 5ms, .bandwidth = 10'000'000, .loss = 0.05}, 1, 1 << 20,
           20'000);
}

TEST(stream_data, repeats_itself_with_the_same_seed_only) {
  const link rough{.latency = 5ms, .jitter = 5ms, .bandwidth = 10'000'000, .loss = 0.05};
  const std::uint64_t once = exchange(rough, 7, 100'000, 2000);
  EXPECT_EQ(once, exchange(rough, 7, 100'000, 2000));
  EXPECT_NE(once, exchange(rough, 8, 100'000, 2000));
}

TEST(stream_data, arrives_after_the_latency) {
  stream_net net(slow);
  stream_pair pair(net);
  const time_point start = net.now();
  const auto wrote = net.write(pair.dialer, "hello");
  EXPECT_FALSE(wrote->done) << "completed inside the call that began it";
  const auto read = net.read(pair.server);
  net.run_until(start);
  EXPECT_TRUE(wrote->done);
  EXPECT_EQ(wrote->value, 5U);
  net.run_until(start + 1s);
  EXPECT_EQ(read->value, "hello");
  EXPECT_EQ(read->when, start + 50ms);
}

TEST(stream_data, waits_for_the_access_links_of_both_ends) {
  stream_net net(link{.latency = 50ms, .bandwidth = 1'000'000});
  stream_pair pair(net);
  net.run_for(1s);
  const time_point start = net.now();
  // 1460 + 40 bytes are 12 ms at 1 Mbit/s, one byte and its headers 41 * 8 us.
  net.write(pair.dialer, std::string(1460, 'x'));
  auto first = net.read(pair.server);
  net.run_until(start);
  net.write(pair.dialer, "y");
  net.run_until(start + 74ms);
  EXPECT_EQ(first->when, start + 74ms);
  const auto second = net.read(pair.server);
  net.run_until(start + 1s);
  EXPECT_EQ(second->when, start + 74ms + 328us);
}

TEST(stream_data, knows_what_has_left_and_what_the_peer_has_acknowledged) {
  // 1460 bytes and their headers take 120 ms.
  stream_net net(link{.latency = 50ms, .bandwidth = 100'000});
  stream_pair pair(net);
  net.run_for(1s);
  net.write(pair.dialer, std::string(1460, 'x'));
  const time_point start = net.now();
  const auto expect = [&](duration after, std::uint64_t unsent, std::uint64_t unacknowledged,
                          duration since_sent, duration since_acknowledged) {
    SCOPED_TRACE(after / 1ms);
    net.run_until(start + after);
    const auto progress = pair.dialer.progress();
    EXPECT_EQ(progress.unsent, unsent);
    EXPECT_EQ(progress.unacknowledged, unacknowledged);
    EXPECT_EQ(progress.since_sent, since_sent);
    EXPECT_EQ(progress.since_acknowledged, since_acknowledged);
  };
  expect(119ms, 1460, 1460, 0s, 0s);
  expect(121ms, 0, 1460, 1ms, 0s);
  expect(339ms, 0, 1460, 219ms, 0s);  // the receiver's link takes as long, and the way back 50 ms
  expect(345ms, 0, 0, 225ms, 5ms);
}

TEST(stream_data, ends_with_end_of_file_after_what_was_written) {
  stream_net net(slow);
  stream_pair pair(net);
  const time_point start = net.now();
  net.write(pair.dialer, "last words");
  net.run_until(start);
  pair.dialer.shutdown_send();
  const auto refused = net.write(pair.dialer, "more");
  const auto text = net.read(pair.server);
  net.run_until(start + 50ms);
  EXPECT_EQ(refused->failed, asio::error::broken_pipe);
  EXPECT_EQ(text->value, "last words");
  const auto end = net.read(pair.server);
  net.run_until(start + 60ms);
  EXPECT_EQ(end->failed, asio::error::eof);
  // The other direction goes on.
  net.write(pair.server, "answer");
  const auto answer = net.read(pair.dialer);
  net.run_until(start + 1s);
  EXPECT_EQ(answer->value, "answer");
}

TEST(stream_data, delivers_what_was_written_before_close) {
  stream_net net(slow);
  stream_pair pair(net);
  net.write(pair.dialer, "goodbye");
  const auto aborted = net.read(pair.dialer);
  net.run_for(0s);
  pair.dialer.close();
  pair.dialer = byte_stream();
  net.run_for(1s);
  EXPECT_EQ(aborted->failed, asio::error::operation_aborted);
  const auto text = net.read(pair.server);
  net.run_for(0s);
  const auto end = net.read(pair.server);
  net.run_for(0s);
  EXPECT_EQ(text->value, "goodbye");
  EXPECT_EQ(end->failed, asio::error::eof);
}

TEST(stream_data, resets_the_peer_that_writes_to_a_closed_stream) {
  stream_net net(slow);
  stream_pair pair(net);
  pair.dialer.close();
  net.run_for(1s);
  const time_point start = net.now();
  const auto first = net.read(pair.server);
  net.run_until(start);
  EXPECT_EQ(first->failed, asio::error::eof);
  net.write(pair.server, "anybody there?");
  const auto later = net.read(pair.server);
  net.run_until(start + 1s);
  EXPECT_TRUE(later->done);
  const auto reset = net.read(pair.server);
  const auto write = net.write(pair.server, "hello?");
  net.run_until(start + 2s);
  EXPECT_EQ(reset->failed, asio::error::connection_reset);
  EXPECT_EQ(write->failed, asio::error::connection_reset);
}

TEST(stream_data, is_reset_one_latency_after_the_peer_aborts_and_loses_what_was_unread) {
  stream_net net(slow);
  stream_pair pair(net);
  const time_point start = net.now();
  net.write(pair.dialer, "unread");
  net.run_until(start + 100ms);
  pair.dialer.abort();
  net.run_until(start + 150ms - 1ns);
  const auto partly = net.read(pair.server, 2);
  net.run_until(start + 150ms);
  EXPECT_EQ(partly->value, "un");
  const auto reset = net.read(pair.server);
  net.run_until(start + 150ms);
  EXPECT_EQ(reset->failed, asio::error::connection_reset);
}

TEST(stream_data, aborts_when_destroyed_without_close) {
  stream_net net(slow);
  stream_pair pair(net);
  const time_point start = net.now();
  const auto theirs = net.read(pair.server);
  const auto own = net.read(pair.dialer);
  net.run_until(start);
  pair.dialer = byte_stream();
  net.run_until(start + 1s);
  EXPECT_EQ(own->failed, asio::error::operation_aborted);
  EXPECT_EQ(own->when, start);
  EXPECT_EQ(theirs->failed, asio::error::connection_reset);
  EXPECT_EQ(theirs->when, start + 50ms);
}

TEST(stream_data, stalls_a_writer_whose_reader_does_not_read) {
  stream_net net(slow);
  stream_pair pair(net);
  std::size_t taken = 0;
  std::shared_ptr<outcome<std::size_t>> writing;
  for (int i = 0; i < 100; ++i) {
    writing = net.write(pair.dialer, std::string(50'000, 'x'));
    net.run_for(10s);
    if (!writing->done) break;
    taken += writing->value;
  }
  ASSERT_FALSE(writing->done);
  // The window and the send buffer, less what a chunk of 50 000 does not fill.
  EXPECT_LE(taken, 2 * 128 * 1024U);
  EXPECT_GE(taken, 2 * 128 * 1024U - 50'000U);
  const time_point start = net.now();
  std::size_t got = 0;
  while (got < 100'000) {
    const auto read = net.read(pair.server, 65536);
    net.run_until(start);
    ASSERT_TRUE(read->done);
    got += read->value.size();
  }
  net.run_until(start + 1s);
  ASSERT_TRUE(writing->done);
  // The window update takes 50 ms; the chunk it lets go is acknowledged 100 ms later.
  EXPECT_EQ(writing->when, start + 150ms);
}

TEST(stream_data, sends_no_more_than_a_buffer_each_round_trip) {
  stream_net net(slow);
  stream_pair pair(net);
  const time_point start = net.now();
  std::string got;
  error_code end;
  const std::string sent(5 * 128 * 1024, 'z');
  auto ex = net.net->host(0).executor();
  asio::co_spawn(ex, send_all(pair.dialer, sent, 1, 65536), asio::detached);
  asio::co_spawn(ex, receive_all(pair.server, got, 2, 65536, end, nullptr, net.net->clock()),
                 asio::detached);
  net.run_until(start + 450ms - 1ns);
  EXPECT_LE(got.size(), 4 * 128 * 1024U);
  net.run_until(start + 1s);
  EXPECT_EQ(got.size(), sent.size());
}

TEST(stream_data, arrives_late_when_a_partition_cut_it) {
  stream_net net(slow);
  stream_pair pair(net);
  const time_point start = net.now();
  net.isolate(1);
  net.write(pair.dialer, "a");
  net.run_until(start + 100ms);
  net.write(pair.dialer, "b");
  const auto read = net.read(pair.server);
  net.run_until(start + 1s);
  net.heal();
  net.run_until(start + 5s);
  // Retransmitted after 0.3, 0.9 and 2.1 s: a round trip, and twice that (RFC 6298), doubled.
  EXPECT_EQ(read->when, start + 2150ms);
  const auto next = net.read(pair.server);
  net.run_until(start + 5s);
  EXPECT_EQ(read->value + next->value, "ab");
}

TEST(stream_data, times_out_when_nothing_gets_through_for_a_quarter_of_an_hour) {
  stream_net net(slow);
  stream_pair pair(net);
  const time_point start = net.now();
  net.isolate(1);
  net.write(pair.dialer, "a");
  const auto read = net.read(pair.dialer);
  const auto other = net.read(pair.server);
  net.run_until(start + 993'300ms - 1ns);
  EXPECT_FALSE(read->done);
  net.run_until(start + 993'300ms);
  ASSERT_TRUE(read->done);  // the first retransmission after 924.6 s: 153.3 s and 7 waits of 120 s
  EXPECT_EQ(read->failed, asio::error::timed_out);
  const auto write = net.write(pair.dialer, "b");
  net.run_until(start + 2000s);
  EXPECT_EQ(write->failed, asio::error::timed_out);
  EXPECT_FALSE(other->done);
}

TEST(stream_data, completes_empty_operations_at_once) {
  stream_net net(slow);
  stream_pair pair(net);
  const auto read = net.read(pair.dialer, 0);
  const auto write = net.write(pair.dialer, "");
  EXPECT_FALSE(read->done || write->done);
  net.run_for(0s);
  EXPECT_TRUE(read->done && write->done);
  EXPECT_FALSE(read->failed || write->failed);
}

TEST(stream_data, ends_a_cancelled_read_and_loses_nothing) {
  stream_net net(slow);
  stream_pair pair(net);
  asio::cancellation_signal stop;
  error_code failed;
  char byte{};
  pair.server.async_read_some(
      asio::buffer(&byte, 1),
      asio::bind_cancellation_slot(stop.slot(), [&](error_code ec, std::size_t) { failed = ec; }));
  net.run_for(10ms);
  stop.emit(asio::cancellation_type::terminal);
  net.run_for(0s);
  EXPECT_EQ(failed, asio::error::operation_aborted);
  net.write(pair.dialer, "x");
  const auto read = net.read(pair.server);
  net.run_for(1s);
  EXPECT_EQ(read->value, "x");
  stop.emit(asio::cancellation_type::terminal);  // of an operation long over
}

// Everything pending at once: dials, accepts, reads, a stalled writer, data on the wire, timers.
// Sanitizers say whether anything leaks or is used after it died.
asio::awaitable<void> wait_for_ever(network& net, endpoint to, bool serve) {
  std::unique_ptr<acceptor> listener;
  byte_stream stream;
  if (serve) {
    listener = std::move(*net.listen(to));
    auto [ec, got] = co_await listener->async_accept(as_tuple);
    stream = std::move(got.stream);
  } else {
    auto [ec, got] = co_await net.async_connect(to, as_tuple);
    stream = std::move(got.stream);
  }
  if (!stream) co_return;
  const std::string bytes(10'000, 'x');
  for (;;) {
    const auto [ec, n] = co_await stream.async_write_some(asio::buffer(bytes), as_tuple);
    if (ec) co_return;
  }
}

TEST(stream_data, is_torn_down_at_any_time_with_operations_pending) {
  for (int ms = 0; ms < 1000; ms += 25) {
    stream_net net(slow, 4);
    for (host_index i = 0; i < 3; ++i) {
      const endpoint to = net.net->listen_address(3);
      if (i == 0)
        asio::co_spawn(net.net->host(3).executor(), wait_for_ever(net.net->host(3), to, true),
                       asio::detached);
      asio::co_spawn(net.net->host(i).executor(), wait_for_ever(net.net->host(i), to, false),
                     asio::detached);
    }
    net.run_until(at(ms * 1ms));
  }
}

}  // namespace
}  // namespace tandem::sim::testing
