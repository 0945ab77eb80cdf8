// SPDX-License-Identifier: GPL-2.0-only
// What a socket of Tandem tells about its congestion control, and what it saves to be silent.
#include "tcp/tcp_socket_factory.hpp"

#include <gtest/gtest.h>
#include <ns3/inet-socket-address.h>
#include <ns3/internet-stack-helper.h>
#include <ns3/ipv4-address-helper.h>
#include <ns3/node-container.h>
#include <ns3/point-to-point-helper.h>
#include <ns3/simulator.h>
#include <ns3/string.h>

#include <array>
#include <memory>

namespace tandem::packet {
namespace {

/// Counts the changes of the congestion window of a connection's two ends.
struct listened : ns3::TandemTcpBacklog {
  explicit listened(bool traceless) {
    ns3::NodeContainer nodes(2);
    ns3::PointToPointHelper link;
    link.SetDeviceAttribute("DataRate", ns3::StringValue("10Mbps"));
    const auto devices = link.Install(nodes);
    ns3::InternetStackHelper().Install(nodes);
    const auto addresses = ns3::Ipv4AddressHelper("10.1.0.0", "255.255.255.0").Assign(devices);
    std::array<ns3::Ptr<ns3::TandemTcpSocketFactory>, 2> factories;
    for (std::uint32_t i = 0; i < 2; ++i) {
      factories.at(i) = ns3::TandemTcpSocketFactory::Of(nodes.Get(i));
      if (traceless) factories.at(i)->ForgoTraces();
    }
    listener = factories[1]->CreateTcp();
    listener->SetBacklog(self);
    listener->Bind(ns3::InetSocketAddress(ns3::Ipv4Address::GetAny(), 4001));
    listener->Listen();
    dialer = factories[0]->CreateTcp();
    dialer->TraceConnectWithoutContext("CongestionWindow",
                                       ns3::MakeCallback(&listened::Dialer, this));
    ns3::Simulator::ScheduleNow([this, to = addresses.GetAddress(1)] {
      dialer->Connect(ns3::InetSocketAddress(to, 4001));
    });
    ns3::Simulator::Stop(ns3::Seconds(1));
    ns3::Simulator::Run();
    send(dialer);
    send(child);
    ns3::Simulator::Stop(ns3::Seconds(10));
    ns3::Simulator::Run();
    received = {dialer->GetRxAvailable(), child->GetRxAvailable()};
    child = dialer = listener = nullptr;
    ns3::Simulator::Destroy();
  }
  void Accepted(ns3::Ptr<ns3::TandemTcpSocket> socket) override {
    child = socket;
    child->TraceConnectWithoutContext("CongestionWindow",
                                      ns3::MakeCallback(&listened::Child, this));
  }
  static void send(const ns3::Ptr<ns3::TandemTcpSocket>& socket) {
    socket->Send(ns3::Create<ns3::Packet>(20'000), 0);
  }
  void Dialer(std::uint32_t, std::uint32_t) { ++changes[0]; }
  void Child(std::uint32_t, std::uint32_t) { ++changes[1]; }

  std::shared_ptr<listened> self{this, [](listened*) {}};
  ns3::Ptr<ns3::TandemTcpSocket> listener, dialer, child;
  std::array<int, 2> changes{};
  std::array<std::uint32_t, 2> received{};
};

TEST(packet_traces, of_congestion_are_heard_at_both_ends_unless_they_are_forgone) {
  const listened told(false), silent(true);
  for (std::size_t end = 0; end < 2; ++end) {
    EXPECT_GE(told.changes.at(end), 3);
    EXPECT_EQ(silent.changes.at(end), 0);
  }
  EXPECT_EQ(told.received, (std::array<std::uint32_t, 2>{20'000, 20'000}));
  EXPECT_EQ(silent.received, told.received);
}

}  // namespace
}  // namespace tandem::packet
