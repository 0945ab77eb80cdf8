// SPDX-License-Identifier: GPL-2.0-only
// Ends of which something was lost: the end itself, what came before it, what acknowledged it.
#include "bulk.hpp"

namespace tandem::packet {
namespace {

/// What happens from 10 s on, when two ends crossed at 1 s, one of them with data.
std::uint64_t events_after_crossing(bool lost) {
  two_ends net;
  sink to_server(net.server_end, net.clock()), to_dialer(net.dialer_end, net.clock());
  net.path_->loss = lost ? 1 : 0;
  source out(net.dialer_end, net.clock(), pattern(2000));
  net.dialer_end.shutdown_send();
  net.server_end.shutdown_send();
  net.run(1s + 50ms);
  net.path_->loss = 0;
  net.run(10s);
  EXPECT_EQ(to_server.bytes, pattern(2000));
  EXPECT_EQ(to_server.end.value().what, asio::error::eof);
  EXPECT_EQ(to_dialer.end.value().what, asio::error::eof);
  const auto before = net.fabric->events();
  net.run(200s);
  return net.fabric->events() - before;
}

// The end goes with the last of two segments: it is sent again when the first is acknowledged, by
// an end that has heard of the other's. Both stay in TIME_WAIT all the same (RFC 9293, 3.6).
TEST(packet_closing, ends_that_cross_are_both_remembered_for_a_minute_whatever_was_sent_again) {
  const auto expected = events_after_crossing(false);
  EXPECT_GT(expected, 0U);
  EXPECT_EQ(events_after_crossing(true), expected);
}

TEST(packet_closing, an_end_follows_what_was_being_sent_again_for_want_of_an_acknowledgement) {
  for (const bool second : {false, true}) {
    SCOPED_TRACE(second);
    two_ends net;
    sink to_server(net.server_end, net.clock()), to_dialer(net.dialer_end, net.clock());
    if (second) net.server_end.shutdown_send();
    net.run(2s);
    net.back_->loss = 1;
    source out(net.dialer_end, net.clock(), pattern(3 * 1448));
    net.run(2s + 225ms);  // the first segment is on its way again
    net.dialer_end.shutdown_send();
    net.back_->loss = 0;
    net.run(10s);
    EXPECT_EQ(to_server.bytes, pattern(3 * 1448));
    ASSERT_TRUE(to_server.end);
    EXPECT_EQ(to_server.end->what, asio::error::eof);
  }
}

TEST(packet_closing, an_acknowledgement_of_an_end_that_was_lost_is_given_again) {
  two_ends net;
  auto before = net.packets();
  net.back_->loss = 1;
  net.dialer_end.shutdown_send();
  net.run(1s + 15ms);
  net.back_->loss = 0;
  net.run(900s);
  EXPECT_EQ(net.packets() - before, 4U) << "before its own end";
  before = net.packets();
  net.path_->loss = 1;
  net.server_end.shutdown_send();
  net.run(900s + 15ms);
  net.path_->loss = 0;
  net.run(1800s);
  EXPECT_EQ(net.packets() - before, 4U) << "in TIME_WAIT";
}

TEST(packet_closing, who_closed_without_reading_says_at_once_that_there_is_room_again) {
  two_ends net;
  source filling(net.dialer_end, net.clock(), pattern(128 * 1024));
  net.run(2s);
  source more(net.dialer_end, net.clock(), pattern(200'000));
  net.run(2s + 500ms);
  EXPECT_FALSE(more.end);
  net.server_end.close();
  net.run(3s + 500ms);  // long before the window is probed
  ASSERT_TRUE(more.end);
  EXPECT_FALSE(more.end->what);
}

}  // namespace
}  // namespace tandem::packet
