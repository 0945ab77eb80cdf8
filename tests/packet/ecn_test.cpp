// SPDX-License-Identifier: GPL-2.0-only
// Explicit congestion notification (RFC 3168): ns-3's own attribute of sockets holds for those of
// TandemNodes.
#include "pair_of_applications.hpp"

#include <ns3/boolean.h>
#include <ns3/config.h>
#include <ns3/queue-disc.h>
#include <ns3/red-queue-disc.h>
#include <ns3/traffic-control-helper.h>

#include <tuple>

namespace tandem::packet {
namespace {

struct passed {
  std::uint32_t marked = 0;
  std::uint32_t dropped = 0;
  std::uint64_t arrived = 0;  ///< bytes of messages
};

/// 6 MB over 10 Mbit/s through a queue disc that marks where it can.
passed through(const char* queue, bool ipv6, const char* sockets) {
  ns3::Config::SetDefault("ns3::TcpSocketBase::UseEcn", ns3::StringValue(sockets));
  pair_of_applications two(!ipv6, ipv6);
  const std::string device = "/NodeList/*/DeviceList/*/$ns3::PointToPointNetDevice/";
  ns3::Config::Set(device + "DataRate", ns3::StringValue("10Mbps"));
  ns3::Config::Set(device + "TxQueue/MaxSize", ns3::StringValue("2p"));  // the rest waits above it
  const ns3::NetDeviceContainer sender(two.hosts.Get(0)->GetDevice(0));
  ns3::TrafficControlHelper control;
  control.Uninstall(sender);
  // More than TCP has under way: no queue is full.
  control.SetRootQueueDisc(queue, "UseEcn", ns3::BooleanValue(true), "MaxSize",
                           ns3::StringValue("500p"));
  const auto disc = control.Install(sender).Get(0);
  if (const auto red = ns3::DynamicCast<ns3::RedQueueDisc>(disc)) {
    red->SetAttribute("UseHardDrop", ns3::BooleanValue(false));
    red->AssignStreams(1);
  }
  passed seen;
  two.server->TraceConnectWithoutContext(
      "Message",
      ns3::Callback<void, const std::string&, const std::string&>(
          [&seen](const std::string&, const std::string& text) { seen.arrived += text.size(); }));
  using node = ns3::TandemNode;
  ns3::Simulator::Schedule(ns3::Seconds(2), &node::Dial, two.dialer, two.server);
  for (int i = 0; i < 6; ++i)
    ns3::Simulator::Schedule(ns3::Seconds(3 + 2 * i), &node::Send, two.dialer, two.server,
                             std::string(1'000'000, 'x'));
  ns3::Simulator::Stop(ns3::Seconds(25));
  ns3::Simulator::Run();
  const auto& stats = disc->GetStats();
  seen.marked = stats.nTotalMarkedPackets;
  seen.dropped = stats.nTotalDroppedPackets;
  ns3::Config::SetDefault("ns3::TcpSocketBase::UseEcn", ns3::StringValue("Off"));
  return seen;
}

class ecn : public testing::TestWithParam<std::tuple<const char*, bool>> {};
INSTANTIATE_TEST_SUITE_P(, ecn,
                         testing::Combine(testing::Values("ns3::RedQueueDisc",
                                                          "ns3::FqCoDelQueueDisc"),
                                          testing::Bool()));

TEST_P(ecn, marks_instead_of_dropping_where_sockets_are_told_to_use_it) {
  const auto& [queue, ipv6] = GetParam();
  const passed without = through(queue, ipv6, "Off"), with = through(queue, ipv6, "On");
  EXPECT_EQ(without.arrived, 6'000'000U);
  EXPECT_EQ(with.arrived, 6'000'000U);
  EXPECT_EQ(without.marked, 0U);
  EXPECT_GT(without.dropped, 0U);
  EXPECT_GT(with.marked, 0U);
  EXPECT_EQ(with.dropped, 0U);
}

}  // namespace
}  // namespace tandem::packet
