// SPDX-License-Identifier: GPL-2.0-only
#include "two_hosts.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>

#include <stdexcept>

namespace tandem::packet {
namespace {

TEST(packet_connect, dialer_after_one_round_trip_and_listener_after_one_and_a_half) {
  two_hosts net;
  net.connect();
  net.run(1s);
  ASSERT_TRUE(net.dialed && net.accepted);
  EXPECT_FALSE(net.dialed->what);
  EXPECT_FALSE(net.accepted->what);
  EXPECT_EQ(net.dialed->at, start + 100ms);
  EXPECT_EQ(net.accepted->at, start + 150ms);
}

TEST(packet_connect, refused_after_exactly_one_round_trip_when_nobody_listens) {
  two_hosts net;
  net.dial();
  net.run(1s);
  ASSERT_TRUE(net.dialed);
  EXPECT_EQ(net.dialed->what, asio::error::connection_refused);
  EXPECT_EQ(net.dialed->at, start + 100ms);
}

TEST(packet_connect, refused_again_once_the_listener_is_gone) {
  two_hosts net;
  net.listen();
  net.listener.reset();
  net.dial();
  net.run(1s);
  ASSERT_TRUE(net.dialed);
  EXPECT_EQ(net.dialed->what, asio::error::connection_refused);
  EXPECT_EQ(net.dialed->at, start + 100ms);
}

/// The profiles that have a name, and one as a file may give it.
std::vector<sim::tcp_profile> profiles() {
  std::vector<sim::tcp_profile> all(sim::tcp_profiles().begin(), sim::tcp_profiles().end());
  all.push_back({.name = "own",
                 .syn_at = {0s, 700ms, 800ms, 2s},
                 .gives_up_at = 2500ms,
                 .rto_min = 200ms,
                 .rto_margin = 200ms,
                 .syn_ack_timeout = 1s,
                 .syn_ack_count = 6});
  return all;
}

class profile : public testing::TestWithParam<sim::tcp_profile> {};

TEST_P(profile, connects_with_the_first_syn_after_a_partition_heals) {
  for (const duration syn : GetParam().syn_at) {
    two_hosts net({.latency = 50ms}, 1, GetParam());
    if (syn != duration::zero())
      net.fabric->partition([](sim::host_index host) { return static_cast<int>(host); });
    net.connect();
    if (syn != duration::zero()) net.run(syn - 1ns);
    net.fabric->partition({});
    net.run(200s);
    ASSERT_TRUE(net.dialed && net.accepted);
    EXPECT_EQ(net.dialed->at, start + syn + 100ms);
    EXPECT_EQ(net.accepted->at, start + syn + 150ms);
  }
}

TEST_P(profile, fails_exactly_when_it_gives_up) {
  two_hosts net({.latency = 50ms}, 1, GetParam());
  net.listen();
  net.fabric->partition([](sim::host_index host) { return static_cast<int>(host); });
  net.dial();
  net.run(GetParam().gives_up_at - 1ns);
  EXPECT_FALSE(net.dialed);
  net.run(GetParam().gives_up_at);
  ASSERT_TRUE(net.dialed);
  EXPECT_EQ(net.dialed->what, asio::error::timed_out);
  EXPECT_EQ(net.dialed->at, start + GetParam().gives_up_at);
}

INSTANTIATE_TEST_SUITE_P(all, profile, testing::ValuesIn(profiles()),
                         [](const auto& info) { return std::to_string(info.index); });

TEST(packet_connect, connects_with_the_next_syn_after_a_partition_heals) {
  two_hosts net;
  net.connect();
  net.fabric->partition([](sim::host_index host) { return static_cast<int>(host); });
  net.dialed.reset();
  net.run(2s);  // SYNs at 0 and 1 s are lost, the next is at 3 s
  net.fabric->partition({});
  net.run(10s);
  ASSERT_TRUE(net.dialed && net.accepted);
  EXPECT_FALSE(net.dialed->what);
  EXPECT_EQ(net.dialed->at, start + 3100ms);
  EXPECT_EQ(net.accepted->at, start + 3150ms);
}

TEST(packet_connect, an_unknown_host_is_a_black_hole_and_an_unknown_network_unreachable) {
  two_hosts net;
  std::optional<dated<error_code>> nobody, elsewhere, v6;
  net.dialer().async_connect(endpoint::v4(10, 9, 9, 9, 1), [&](error_code e, connected) {
    nobody = {e, net.now()};
  });
  net.dialer().async_connect(endpoint::v4(192, 0, 2, 1, 1), [&](error_code e, connected) {
    elsewhere = {e, net.now()};
  });
  net.dialer().async_connect(endpoint{{0, 1}, 1, true}, [&](error_code e, connected) {
    v6 = {e, net.now()};
  });
  EXPECT_FALSE(elsewhere);  // never inside the call
  net.run(200s);
  ASSERT_TRUE(nobody && elsewhere && v6);
  EXPECT_EQ(nobody->what, asio::error::timed_out);
  EXPECT_EQ(nobody->at, start + 127s);
  EXPECT_EQ(elsewhere->what, asio::error::network_unreachable);
  EXPECT_EQ(elsewhere->at, start);
  EXPECT_EQ(v6->what, asio::error::address_family_not_supported);
}

TEST(packet_connect, cancelled_at_once_and_silently) {
  two_hosts net;
  net.connect();
  asio::cancellation_signal stop;
  std::optional<dated<error_code>> cancelled;
  net.dialer().async_connect(
      net.address(), asio::bind_cancellation_slot(stop.slot(), [&](error_code e, connected) {
        cancelled = {e, net.now()};
      }));
  net.run(20ms);
  stop.emit(asio::cancellation_type::terminal);
  EXPECT_FALSE(cancelled);
  net.run(30ms);
  ASSERT_TRUE(cancelled);
  EXPECT_EQ(cancelled->what, asio::error::operation_aborted);
  EXPECT_EQ(cancelled->at, start + 20ms);
  net.run(10s);
  EXPECT_TRUE(net.accepted);  // the other one
  EXPECT_FALSE(net.dialed->what);
}

TEST(packet_listen, refuses_addresses_taken_or_not_its_own) {
  two_hosts net;
  net.listen();
  EXPECT_EQ(net.server().listen(net.address()).error(), asio::error::address_in_use);
  EXPECT_EQ(net.server().listen(net.fabric->listen_address(0)).error(),
            boost::system::errc::address_not_available);
  EXPECT_EQ(net.server().listen(endpoint{{}, 1, true}).error(),
            asio::error::address_family_not_supported);
  endpoint any = net.address();
  any.port = 0;
  auto chosen = net.server().listen(any);
  ASSERT_TRUE(chosen.has_value());
  EXPECT_NE(chosen.value()->local_endpoint().port, 0);
}

TEST(packet_listen, again_on_the_same_port_while_old_connections_live) {
  two_hosts net;
  net.connect();
  net.run(1s);
  net.listener.reset();
  net.accepted.reset();
  net.connect();
  net.run(2s);
  ASSERT_TRUE(net.accepted);
  EXPECT_EQ(net.accepted->at, start + 1150ms);
}

TEST(packet_fabric, is_alone_in_the_process_and_can_be_followed_by_another) {
  sim::fabric_options options;
  {
    const auto first = make_packet_fabric(options);
    EXPECT_THROW(make_packet_fabric(options), std::logic_error);
    first->add_host();
  }
  EXPECT_NO_THROW(make_packet_fabric(options));
}

}  // namespace
}  // namespace tandem::packet
