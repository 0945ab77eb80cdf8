// SPDX-License-Identifier: MIT
// The contract of stream_impl, acceptor and network on the system's TCP.
#include "asio/few_descriptors.hpp"
#include "asio/loop.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <string>

namespace {

using namespace std::chrono_literals;
using namespace tandem::test;
using tandem::endpoint;
using tandem::error_code;
namespace asio = boost::asio;

TEST(asio_stream, carries_bytes_both_ways) {
  loop io;
  connected_pair pair(io);
  EXPECT_EQ(pair.client.made.remote, pair.listener->local_endpoint());
  EXPECT_EQ(pair.client.made.local, pair.server.made.remote);
  const std::string ping = "ping", pong = "pong!";
  std::string heard(4, ' '), back(5, ' ');
  outcome sent, received, replied, answered;
  asio::async_write(pair.client.made.stream, asio::buffer(ping), sent.handler());
  asio::async_read(pair.server.made.stream, asio::buffer(heard), received.handler());
  asio::async_write(pair.server.made.stream, asio::buffer(pong), replied.handler());
  asio::async_read(pair.client.made.stream, asio::buffer(back), answered.handler());
  ASSERT_TRUE(io.run_until([&] { return received.done() && answered.done(); }));
  EXPECT_EQ(heard, ping);
  EXPECT_EQ(back, pong);
}

TEST(asio_stream, ends_with_eof_after_an_orderly_end_and_still_sends) {
  loop io;
  connected_pair pair(io);
  pair.client.made.stream.shutdown_send();
  std::array<char, 8> into{};
  outcome read, write, heard;
  pair.server.made.stream.async_read_some(asio::buffer(into), read.handler());
  ASSERT_TRUE(io.run_until([&] { return read.done(); }));
  EXPECT_EQ(*read.error, asio::error::eof);
  pair.server.made.stream.async_write_some(asio::buffer("late", 4), write.handler());
  pair.client.made.stream.async_read_some(asio::buffer(into), heard.handler());
  ASSERT_TRUE(io.run_until([&] { return write.done() && heard.done(); }));
  EXPECT_FALSE(*heard.error);
  EXPECT_EQ(heard.bytes, 4U);
}

TEST(asio_stream, ends_with_a_reset_after_the_peer_aborts) {
  loop io;
  connected_pair pair(io);
  std::array<char, 8> into{};
  outcome read;
  pair.server.made.stream.async_read_some(asio::buffer(into), read.handler());
  pair.client.made.stream.abort();
  ASSERT_TRUE(io.run_until([&] { return read.done(); }));
  EXPECT_EQ(*read.error, asio::error::connection_reset);
}

TEST(asio_stream, aborts_when_it_is_destroyed_unclosed) {
  loop io;
  connected_pair pair(io);
  std::array<char, 8> into{};
  outcome read;
  pair.server.made.stream.async_read_some(asio::buffer(into), read.handler());
  pair.client.made.stream = {};
  ASSERT_TRUE(io.run_until([&] { return read.done(); }));
  EXPECT_EQ(*read.error, asio::error::connection_reset);
}

TEST(asio_stream, close_delivers_what_was_written_though_bytes_are_unread) {
  loop io;
  connected_pair pair(io);
  outcome unread, last, read;
  pair.server.made.stream.async_write_some(asio::buffer("unread", 6), unread.handler());
  pair.client.made.stream.async_write_some(asio::buffer("last", 4), last.handler());
  ASSERT_TRUE(io.run_until([&] { return unread.done() && last.done(); }));
  io.run_for(20ms);  // what is unread has come by now; loopback delivers within the call
  pair.client.made.stream.close();
  std::string heard(16, ' ');
  asio::async_read(pair.server.made.stream, asio::buffer(heard), read.handler());
  ASSERT_TRUE(io.run_until([&] { return read.done(); }));
  EXPECT_EQ(*read.error, asio::error::eof);
  EXPECT_EQ(heard.substr(0, read.bytes), "last");
}

TEST(asio_stream, knows_what_its_peer_has_acknowledged) {
  loop io;
  connected_pair pair(io);
  auto& stream = pair.client.made.stream;
  EXPECT_EQ(stream.progress().unacknowledged, 0U);
  const std::string bulk(16 << 20, 'x');  // more than the buffers of both ends
  outcome write, read;
  std::size_t written = 0;
  std::function<void()> more = [&] {
    stream.async_write_some(asio::buffer(bulk), [&](error_code e, std::size_t n) {
      written += n;
      if (!e && written < bulk.size()) more();
    });
  };
  more();
  io.run_for(200ms);
  const auto stuck = stream.progress();
  EXPECT_GT(stuck.unsent, 0U);
  EXPECT_GE(stuck.unacknowledged, stuck.unsent);
  EXPECT_LE(stuck.unacknowledged, written);
  EXPECT_LT(stuck.since_sent, 10s);
  std::string heard(written, ' ');
  asio::async_read(pair.server.made.stream, asio::buffer(heard), read.handler());
  ASSERT_TRUE(io.run_until([&] { return read.done(); }));
  EXPECT_LT(stream.progress().since_acknowledged, 10s);
  stream.close();
  EXPECT_EQ(stream.progress().unacknowledged, 0U);
}

TEST(asio_stream, completes_zero_length_operations_at_once_but_not_inside_the_call) {
  loop io;
  connected_pair pair(io);
  outcome read, write;
  pair.client.made.stream.async_read_some(asio::mutable_buffer(), read.handler());
  pair.client.made.stream.async_write_some(asio::const_buffer(), write.handler());
  EXPECT_FALSE(read.done() || write.done());
  ASSERT_TRUE(io.run_until([&] { return read.done() && write.done(); }, 1s));
  EXPECT_FALSE(*read.error || *write.error);
  EXPECT_EQ(read.bytes + write.bytes, 0U);
}

TEST(asio_stream, cancels_one_read_and_goes_on) {
  loop io;
  connected_pair pair(io);
  std::array<char, 8> into{};
  asio::cancellation_signal signal;
  outcome cancelled, sent, read;
  pair.client.made.stream.async_read_some(
      asio::buffer(into), asio::bind_cancellation_slot(signal.slot(), cancelled.handler()));
  signal.emit(asio::cancellation_type::terminal);
  EXPECT_FALSE(cancelled.done());
  ASSERT_TRUE(io.run_until([&] { return cancelled.done(); }));
  EXPECT_EQ(*cancelled.error, asio::error::operation_aborted);
  pair.server.made.stream.async_write_some(asio::buffer("on", 2), sent.handler());
  pair.client.made.stream.async_read_some(asio::buffer(into), read.handler());
  ASSERT_TRUE(io.run_until([&] { return read.done(); }));
  EXPECT_EQ(read.bytes, 2U);
}

TEST(asio_stream, aborts_pending_operations_when_closed_aborted_or_destroyed) {
  for (const int how : {0, 1, 2}) {
    loop io;
    connected_pair pair(io);
    std::array<char, 8> into{};
    outcome read, after;
    auto& stream = pair.client.made.stream;
    stream.async_read_some(asio::buffer(into), read.handler());
    if (how == 0) stream.close();
    if (how == 1) stream.abort();
    if (how == 2) stream = {};
    EXPECT_FALSE(read.done()) << how;
    ASSERT_TRUE(io.run_until([&] { return read.done(); })) << how;
    EXPECT_EQ(*read.error, asio::error::operation_aborted) << how;
    if (how == 2) continue;
    stream.async_read_some(asio::buffer(into), after.handler());
    EXPECT_FALSE(after.done()) << how;
    ASSERT_TRUE(io.run_until([&] { return after.done(); })) << how;
    EXPECT_EQ(*after.error, asio::error::operation_aborted) << how;
  }
}

TEST(asio_stream, dies_with_its_context_while_operations_are_pending) {
  const auto owned = std::make_shared<std::array<char, 8>>();
  {
    loop io;
    connected_pair pair(io);
    pair.client.made.stream.async_read_some(asio::buffer(*owned),
                                            [owned](const error_code&, std::size_t) { FAIL(); });
    pair.listener->async_accept([owned](const error_code&, tandem::connected) { FAIL(); });
    io.net->clock().at(tandem::never, [owned] { FAIL(); });
  }
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(asio_network, is_refused_where_nobody_listens) {
  loop io;
  const auto nobody = io.net->listen(any_port).value()->local_endpoint();
  arrival dial;
  io.net->async_connect(nobody, dial.handler());
  EXPECT_FALSE(dial.done());
  ASSERT_TRUE(io.run_until([&] { return dial.done(); }));
  EXPECT_EQ(*dial.error, asio::error::connection_refused);
  EXPECT_FALSE(dial.made.stream);
}

TEST(asio_network, cancels_a_connect_that_hangs) {
  loop io;
  // Linux drops the SYNs for a listener whose backlog is full: these dials hang.
  asio::ip::tcp::acceptor full(io.context, {asio::ip::address_v4::loopback(), 0}, false);
  full.listen(0);
  const auto to = endpoint::v4(127, 0, 0, 1, full.local_endpoint().port());
  std::array<arrival, 4> filling;
  for (auto& each : filling) io.net->async_connect(to, each.handler());
  io.run_for(50ms);
  asio::cancellation_signal signal;
  arrival dial;
  io.net->async_connect(to, asio::bind_cancellation_slot(signal.slot(), dial.handler()));
  io.run_for(50ms);
  ASSERT_FALSE(dial.done());
  signal.emit(asio::cancellation_type::terminal);
  EXPECT_FALSE(dial.done());
  ASSERT_TRUE(io.run_until([&] { return dial.done(); }));
  EXPECT_EQ(*dial.error, asio::error::operation_aborted);
  signal.emit(asio::cancellation_type::terminal);  // late: nothing is left to cancel
}

TEST(asio_network, connects_over_ipv6) {
  loop io;
  endpoint loopback;
  loopback.v6 = true;
  loopback.address[15] = 1;
  if (!io.net->listen(loopback)) GTEST_SKIP() << "this host has no IPv6";
  connected_pair pair(io, loopback);
  EXPECT_TRUE(pair.client.made.remote.v6);
  EXPECT_EQ(pair.client.made.local, pair.server.made.remote);
}

TEST(asio_network, says_when_the_port_is_taken) {
  loop io;
  const auto first = io.net->listen(any_port);
  ASSERT_TRUE(first);
  const auto second = io.net->listen((*first)->local_endpoint());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), asio::error::address_in_use);
}

TEST(asio_network, calls_a_lack_of_descriptors_by_its_name_and_recovers) {
  loop io;
  auto listener = std::move(io.net->listen(any_port).value());
  arrival accepted, dialled, refused;
  {
    const few_descriptors one(1);
    listener->async_accept(accepted.handler());
    io.net->async_connect(listener->local_endpoint(), dialled.handler());
    ASSERT_TRUE(io.run_until([&] { return accepted.done() && dialled.done(); }));
    EXPECT_FALSE(*dialled.error);
    EXPECT_EQ(*accepted.error, asio::error::no_descriptors);
    io.net->async_connect(listener->local_endpoint(), refused.handler());
    ASSERT_TRUE(io.run_until([&] { return refused.done(); }));
    EXPECT_EQ(*refused.error, asio::error::no_descriptors);
    const auto another = io.net->listen(any_port);
    ASSERT_FALSE(another);
    EXPECT_EQ(another.error(), asio::error::no_descriptors);
  }
  arrival again;
  listener->async_accept(again.handler());
  ASSERT_TRUE(io.run_until([&] { return again.done(); }));
  EXPECT_FALSE(*again.error);
}

}  // namespace
