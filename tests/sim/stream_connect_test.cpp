// SPDX-License-Identifier: MIT
#include "sim/stream_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace tandem::sim::testing {
namespace {

constexpr link slow{.latency = 50ms};

TEST(stream_connect, completes_after_one_round_trip_and_accepts_after_one_and_a_half) {
  stream_net net(slow);
  const auto listener = net.listen(1);
  const auto accepted = net.accept(*listener);
  const auto connected = net.connect(0, 1);
  net.run_until(at(10s));
  ASSERT_TRUE(connected->done && accepted->done);
  EXPECT_FALSE(connected->failed);
  EXPECT_EQ(connected->when, at(100ms));
  EXPECT_EQ(accepted->when, at(150ms));
  EXPECT_EQ(connected->value.remote, net.net->listen_address(1));
  EXPECT_EQ(accepted->value.local, net.net->listen_address(1));
  EXPECT_EQ(connected->value.local, accepted->value.remote);
  EXPECT_EQ(connected->value.local.address, net.net->listen_address(0).address);
}

TEST(stream_connect, is_refused_after_one_round_trip_when_nobody_listens) {
  stream_net net(slow);
  const auto refused = net.connect(0, 1);
  net.run_until(at(200s));
  ASSERT_TRUE(refused->done);
  EXPECT_EQ(refused->failed, asio::error::connection_refused);
  EXPECT_EQ(refused->when, at(100ms));
}

void expect_give_up(const tcp_profile& tcp, duration when) {
  stream_net net(slow, 2, 1, tcp);
  const auto nobody = net.connect(0, endpoint::v4(10, 0, 0, 77, 4001));
  const auto elsewhere = net.connect(0, endpoint::v4(192, 0, 2, 1, 4001));
  net.run_until(at(when - 1ns));
  EXPECT_FALSE(nobody->done || elsewhere->done);
  net.run_until(at(when));
  ASSERT_TRUE(nobody->done && elsewhere->done);
  EXPECT_EQ(nobody->failed, asio::error::timed_out);
  EXPECT_EQ(elsewhere->failed, asio::error::timed_out);
}

TEST(stream_connect, gives_up_when_the_profile_does_if_nobody_is_there) {
  expect_give_up(linux_legacy(), 127s);
  expect_give_up(ns3_default(), 189s);
}

TEST(stream_connect, gives_up_when_a_partition_swallows_every_syn) {
  stream_net net(slow);
  const auto listener = net.listen(1);
  net.isolate(1);
  const auto cut = net.connect(0, 1);
  net.run_until(at(300s));
  EXPECT_EQ(cut->failed, asio::error::timed_out);
  EXPECT_EQ(cut->when, at(127s));
}

TEST(stream_connect, uses_the_first_syn_after_a_partition_heals) {
  for (const tcp_profile& tcp : tcp_profiles())
    for (std::size_t k = 1; k < tcp.syn_at.size(); ++k) {
      stream_net net(slow, 2, 1, tcp);
      const auto listener = net.listen(1);
      const auto accepted = net.accept(*listener);
      net.isolate(1);
      const auto connected = net.connect(0, 1);
      net.run_until(at(tcp.syn_at[k] - 1ns));
      net.heal();
      net.run_until(at(300s));
      ASSERT_FALSE(connected->failed);
      EXPECT_EQ(connected->when, at(tcp.syn_at[k] + 100ms)) << tcp.name << " SYN " << k;
      EXPECT_EQ(accepted->when, at(tcp.syn_at[k] + 150ms)) << tcp.name << " SYN " << k;
    }
}

TEST(stream_connect, uses_the_next_syn_when_the_answer_is_cut) {
  stream_net net(slow);
  const auto listener = net.listen(1);
  const auto accepted = net.accept(*listener);
  const auto connected = net.connect(0, 1);
  net.run_until(at(49ms));
  net.isolate(1);
  net.run_until(at(51ms));
  net.heal();
  net.run_until(at(300s));
  EXPECT_EQ(connected->when, at(1100ms));
  EXPECT_EQ(accepted->when, at(1150ms));
}

TEST(stream_connect, is_refused_one_round_trip_after_the_syn_that_arrived) {
  stream_net net(slow);
  net.isolate(1);
  const auto refused = net.connect(0, 1);
  net.run_until(at(4s));
  net.heal();
  net.run_until(at(300s));
  EXPECT_EQ(refused->failed, asio::error::connection_refused);
  EXPECT_EQ(refused->when, at(7100ms));
}

TEST(stream_connect, needs_no_further_syn_when_the_round_trip_is_longer_than_the_schedule) {
  stream_net net(link{.latency = 2s});
  const auto listener = net.listen(1);
  const auto accepted = net.accept(*listener);
  const auto connected = net.connect(0, 1);
  net.run_until(at(300s));
  EXPECT_EQ(connected->when, at(4s));
  EXPECT_EQ(accepted->when, at(6s));
}

TEST(stream_connect, uses_the_syn_already_on_its_way_when_the_first_is_cut_on_a_long_path) {
  stream_net net(link{.latency = 2s});
  const auto listener = net.listen(1);
  net.isolate(1);
  const auto connected = net.connect(0, 1);
  net.run_until(at(500ms));
  net.heal();
  net.run_until(at(300s));
  EXPECT_EQ(connected->when, at(1s + 4s));
}

TEST(stream_connect, fails_at_once_for_a_family_the_network_does_not_have) {
  stream_net net(slow);
  endpoint six;
  six.v6 = true;
  const auto unreachable = net.connect(0, six);
  EXPECT_FALSE(unreachable->done) << "completed inside the call that began it";
  net.run_until(at(0s));
  ASSERT_TRUE(unreachable->done);
  EXPECT_EQ(unreachable->failed, asio::error::network_unreachable);
}

TEST(stream_connect, ends_with_operation_aborted_when_cancelled) {
  stream_net net(slow);
  const auto listener = net.listen(1);
  const auto accepted = net.accept(*listener);
  for (const duration when : {0ms, 20ms, 60ms}) {
    const time_point start = net.now();
    asio::cancellation_signal stop;
    error_code failed;
    time_point ended{};
    net.net->host(0).async_connect(
        net.net->listen_address(1),
        asio::bind_cancellation_slot(stop.slot(), [&](error_code ec, connected) {
          failed = ec;
          ended = net.now();
        }));
    net.run_until(start + when);
    stop.emit(asio::cancellation_type::terminal);
    net.run_for(10s);
    EXPECT_EQ(failed, asio::error::operation_aborted);
    EXPECT_EQ(ended, start + when);
    EXPECT_FALSE(accepted->done);
  }
}

TEST(stream_connect, drops_syns_beyond_the_backlog) {
  stream_net net(slow);
  const auto listener = net.listen(1);
  std::vector<std::shared_ptr<outcome<connected>>> dials;
  for (int i = 0; i < 4097; ++i) dials.push_back(net.connect(0, 1));
  net.run_until(at(900ms));
  for (int i = 0; i < 4096; ++i) ASSERT_EQ(dials[static_cast<std::size_t>(i)]->when, at(100ms));
  EXPECT_FALSE(dials.back()->done);
  const auto accepted = net.accept(*listener);
  net.run_until(at(3s));
  EXPECT_TRUE(accepted->done);
  EXPECT_EQ(dials.back()->when, at(1100ms));
}

TEST(stream_connect, gives_back_the_place_of_a_dialer_that_left) {
  stream_net net(slow);
  const auto listener = net.listen(1);
  for (int round = 0; round < 3; ++round) {
    std::vector<asio::cancellation_signal> stops(4096);
    int aborted = 0;
    for (auto& stop : stops)
      net.net->host(0).async_connect(
          net.net->listen_address(1),
          asio::bind_cancellation_slot(stop.slot(), [&](error_code ec, connected) {
            aborted += ec == asio::error::operation_aborted;
          }));
    net.run_for(70ms);  // half open
    for (auto& stop : stops) stop.emit(asio::cancellation_type::terminal);
    net.run_for(1s);
    EXPECT_EQ(aborted, 4096);
  }
  const auto accepted = net.accept(*listener);
  const auto connected = net.connect(0, 1);
  net.run_for(200ms);
  EXPECT_TRUE(connected->done && accepted->done);
}

TEST(stream_connect, resets_what_a_destroyed_listener_did_not_hand_out) {
  stream_net net(slow);
  auto listener = net.listen(1);
  const auto queued = net.connect(0, 1);
  net.run_until(at(160ms));
  const auto half_open = net.connect(0, 1);
  net.run_until(at(220ms));
  listener.reset();
  net.run_until(at(300ms));
  ASSERT_TRUE(queued->done && half_open->done);
  const auto first = net.read(queued->value.stream);
  const auto second = net.read(half_open->value.stream);
  net.run_until(at(1s));
  EXPECT_EQ(first->failed, asio::error::connection_reset);
  EXPECT_EQ(second->failed, asio::error::connection_reset);
  EXPECT_EQ(second->when, at(360ms));  // its acknowledgement, sent at 260 ms, found nobody
}

TEST(stream_connect, frees_the_port_of_a_destroyed_listener) {
  stream_net net(slow);
  auto listener = net.listen(1);
  EXPECT_EQ(net.net->host(1).listen(net.net->listen_address(1)).error(),
            asio::error::address_in_use);
  EXPECT_FALSE(net.net->host(1).listen(net.net->listen_address(0)));
  listener.reset();
  listener = net.listen(1);
  EXPECT_TRUE(listener);
  const auto any = net.net->host(1).listen(endpoint{});
  ASSERT_TRUE(any);
  EXPECT_NE((*any)->local_endpoint().port, 0);
  EXPECT_NE((*any)->local_endpoint().port, listener->local_endpoint().port);
}

TEST(stream_connect, accepts_with_the_first_data_when_the_acknowledgement_was_lost) {
  stream_net net(slow);
  const auto listener = net.listen(1);
  const auto accepted = net.accept(*listener);
  const auto connected = net.connect(0, 1);
  net.run_until(at(99ms));
  net.isolate(1);
  net.run_until(at(120ms));
  net.heal();
  ASSERT_TRUE(connected->done);
  net.write(connected->value.stream, "x");
  net.run_until(at(10s));
  EXPECT_EQ(accepted->when, at(170ms));
}

TEST(stream_connect, accepts_with_the_acknowledgement_of_the_repeated_syn_ack) {
  stream_net net(slow);
  const auto listener = net.listen(1);
  const auto accepted = net.accept(*listener);
  const auto connected = net.connect(0, 1);
  net.run_until(at(99ms));
  net.isolate(1);
  net.run_until(at(120ms));
  net.heal();
  net.run_until(at(10s));
  EXPECT_EQ(accepted->when, at(50ms + 1s + 100ms));  // the SYN-ACK goes out again after 1 s
}

}  // namespace
}  // namespace tandem::sim::testing
