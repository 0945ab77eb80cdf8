// SPDX-License-Identifier: GPL-2.0-only
// Each packet of an end: none too many, none missing.
#include "bulk.hpp"

#include "tcp/tcp_cubic.hpp"

#include <ns3/tcp-socket-state.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

namespace tandem::packet {
namespace {

TEST(packet_closing, takes_four_packets_one_after_the_other_and_four_at_once) {
  for (const bool at_once : {false, true}) {
    two_ends net;
    sink to_dialer(net.dialer_end, net.clock()), to_server(net.server_end, net.clock());
    const auto before = net.packets();
    net.dialer_end.shutdown_send();
    if (!at_once) net.run(2s);
    net.server_end.shutdown_send();
    net.run(1000s);
    EXPECT_EQ(net.packets() - before, 4U) << at_once;
    EXPECT_TRUE(to_dialer.end && to_server.end);
  }
}

TEST(packet_closing, a_connection_in_time_wait_is_let_go_of_without_a_word) {
  two_ends net;
  net.dialer_end.shutdown_send();
  net.run(2s);
  net.server_end.shutdown_send();
  net.run(3s);
  const auto before = net.packets();
  net.dialer_end = {};
  net.run(4s);
  EXPECT_EQ(net.packets(), before);
}

TEST(packet_closing, a_dial_is_given_up_without_a_word) {
  two_hosts net;  // nobody listens
  asio::cancellation_signal stop;
  net.dialer().async_connect(
      net.address(), asio::bind_cancellation_slot(stop.slot(), [](error_code, connected) {}));
  net.run(10ms);
  EXPECT_EQ(net.packets(), 1U);
  stop.emit(asio::cancellation_type::terminal);
  net.run(1s);
  EXPECT_EQ(net.packets(), 2U);  // the answer to the SYN
}

TEST(packet_closing, an_end_follows_a_last_byte_that_went_with_a_probe) {
  two_ends net;
  source filling(net.dialer_end, net.clock(), pattern(128 * 1024));
  net.run(10s);
  source last(net.dialer_end, net.clock(), "x");
  net.run(10s + 1ms);
  ASSERT_TRUE(last.end);
  net.dialer_end.shutdown_send();
  net.cut(true);
  sink in(net.server_end, net.clock());  // the update that opens the window is lost
  net.run(10s + 50ms);
  net.cut(false);
  net.run(60s);
  EXPECT_EQ(in.bytes.size(), 128U * 1024 + 1);
  ASSERT_TRUE(in.end);
  EXPECT_EQ(in.end->what, asio::error::eof);
}

TEST(packet_closing, an_end_leaves_with_what_was_sent_before_it) {
  two_ends net;
  sink in(net.server_end, net.clock());
  source out(net.dialer_end, net.clock(), "data");
  net.run(1s + 1ms);
  net.dialer_end.shutdown_send();  // before anything is acknowledged
  net.run(1s + 12ms);
  EXPECT_EQ(in.bytes, "data");
  ASSERT_TRUE(in.end);
  EXPECT_EQ(in.end->what, asio::error::eof);
}

// What came before an end is acknowledged, the end itself was lost: nothing else reminds of it.
TEST(packet_closing, an_end_that_alone_was_lost_is_sent_again_in_every_state) {
  for (const bool second : {false, true})
    for (const bool crossing : {false, true}) {
      SCOPED_TRACE(testing::Message() << second << crossing);
      two_ends net;
      sink to_server(net.server_end, net.clock()), to_dialer(net.dialer_end, net.clock());
      if (second) net.server_end.shutdown_send();
      net.run(2s);
      source out(net.dialer_end, net.clock(), "data");
      net.run(2s + 1ms);
      net.path_->loss = 1;
      net.dialer_end.shutdown_send();
      if (crossing) net.server_end.shutdown_send();
      net.run(2s + 2ms);
      net.path_->loss = 0;
      net.run(10s);
      EXPECT_EQ(to_server.bytes, "data");
      ASSERT_TRUE(to_server.end);
      EXPECT_EQ(to_server.end->what, asio::error::eof);
      EXPECT_EQ(to_dialer.end.has_value(), second || crossing);
    }
}

/// What a stream that closed was still told: whether it took it, each 20 s.
std::vector<bool> taken_after_close(bool half_closed_first) {
  two_ends net;
  sink in(net.server_end, net.clock());
  if (half_closed_first) net.dialer_end.shutdown_send();
  net.run(2s);
  net.dialer_end.close();
  std::vector<bool> taken;
  for (duration now = 30s; now < 90s; now += 20s) {
    net.run(now);
    source late(net.server_end, net.clock(), "late");
    net.run(now + 1s);
    source later(net.server_end, net.clock(), "later");
    net.run(now + 2s);
    taken.push_back(!later.end->what);
  }
  return taken;
}

TEST(packet_closing, who_closed_hears_for_a_minute_and_then_knows_nothing_of_it) {
  for (const bool half_closed_first : {false, true})
    EXPECT_EQ(taken_after_close(half_closed_first), (std::vector{true, true, false}));
}

TEST(packet_closing, who_closed_takes_all_that_still_comes) {
  two_ends net;
  source before(net.server_end, net.clock(), pattern(100'000));
  net.run(2s);
  net.dialer_end.close();
  source after(net.server_end, net.clock(), pattern(500'000));
  net.run(30s);
  ASSERT_TRUE(after.end);
  EXPECT_FALSE(after.end->what);
}

TEST(packet_closing, what_nobody_knows_any_more_is_reset_where_somebody_listens) {
  two_ends net;
  sink in(net.dialer_end, net.clock());
  net.cut(true);
  net.server_end = {};  // its reset is lost
  net.run(2s);
  net.cut(false);
  source out(net.dialer_end, net.clock(), "who is there?");
  net.run(2s + 21ms);
  ASSERT_TRUE(in.end);
  EXPECT_EQ(in.end->what, asio::error::connection_reset);
}

/// Reads `bytes` and no more.
void read(two_hosts& net, std::size_t bytes) {
  std::string into(bytes, 0);
  bool done = false;
  asio::async_read(net.server_end, asio::buffer(into),
                   [&](error_code, std::size_t) { done = true; });
  net.run(net.now() - start + 1ms);
  EXPECT_TRUE(done);
}

TEST(packet_closing, a_window_that_closes_again_is_probed_as_soon_as_the_first_time) {
  two_ends net;
  const auto first_probe = [&] {
    const auto closed = net.now();
    const auto before = net.packets();
    while (net.packets() == before) net.run(net.now() - start + 100ms);
    return net.now() - closed;
  };
  source filling(net.dialer_end, net.clock(), pattern(128 * 1024));
  net.run(1s + 900ms);
  source more(net.dialer_end, net.clock(), pattern(1'000'000));
  net.run(2s);
  for (const bool again : {false, true}) {
    SCOPED_TRACE(again);
    if (again) {
      const auto before = net.packets();
      net.run(600s);
      EXPECT_LT(net.packets() - before, 40U) << "probes become rare, and are answered";
      read(net, 69 * 1448);  // whole segments: the window is nothing again
      net.run(net.now() - start + 1s);
    }
    const duration waited = first_probe();
    EXPECT_GT(waited, 4s);
    EXPECT_LE(waited, 6s);
  }
}

/// A window of ten segments of 1000 bytes in congestion avoidance.
struct cubic {
  cubic() {
    tcb->m_segmentSize = 1000;
    tcb->m_cWnd = 10'000;
    tcb->m_ssThresh = 2000;
    tcb->m_lastRtt = ns3::MilliSeconds(1);
  }
  std::uint32_t after(std::uint32_t acked) {
    policy->IncreaseWindow(tcb, acked);
    return tcb->m_cWnd;
  }
  ns3::Ptr<ns3::TcpSocketState> tcb = ns3::CreateObject<ns3::TcpSocketState>();
  ns3::Ptr<ns3::TandemTcpCubic> policy = ns3::CreateObject<ns3::TandemTcpCubic>();
};

TEST(packet_cubic, grows_by_half_a_round_trip_at_most_and_looks_a_round_trip_ahead) {
  cubic slow;
  EXPECT_EQ(slow.after(10), 10'000U);  // 0.26 of a segment, and the curve has just begun
  cubic fast;
  fast.tcb->m_lastRtt = ns3::Seconds(100);  // the curve is far above
  EXPECT_EQ(fast.after(10), 15'000U);
}

TEST(packet_cubic, keeps_seven_tenths_at_a_loss_and_never_less_than_two_segments) {
  cubic lossy;
  EXPECT_EQ(lossy.policy->GetSsThresh(lossy.tcb, 0), 7000U);
  lossy.tcb->m_cWnd = 2000;
  EXPECT_EQ(lossy.policy->GetSsThresh(lossy.tcb, 0), 2000U);
  lossy.tcb->m_cWnd = 1000;
  EXPECT_EQ(lossy.policy->GetSsThresh(lossy.tcb, 0), 2000U);
}

}  // namespace
}  // namespace tandem::packet
