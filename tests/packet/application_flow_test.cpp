// SPDX-License-Identifier: GPL-2.0-only
// What FlowMonitor counts of an application's connection is what the node says that it sent.
#include "pair_of_applications.hpp"
#include "tandem/net/node.hpp"

#include <gtest/gtest.h>
#include <ns3/flow-monitor-helper.h>
#include <ns3/ipv4-flow-classifier.h>

#include <string>

namespace tandem::packet {
namespace {

using ns3::Seconds;
using ns3::Simulator;
using node = ns3::TandemNode;

TEST(application_flow, is_counted_by_flow_monitor_to_the_byte) {
  pair_of_applications two(true, false);
  ns3::FlowMonitorHelper helper;
  const auto monitor = helper.InstallAll();
  Simulator::Schedule(Seconds(1), &node::Dial, two.dialer, two.server);
  Simulator::Schedule(Seconds(2), &node::Send, two.dialer, two.server, std::string(300'000, 'x'));
  Simulator::Stop(Seconds(5));
  Simulator::Run();
  monitor->CheckForLostPackets();
  const auto flows = ns3::DynamicCast<ns3::Ipv4FlowClassifier>(helper.GetClassifier());
  const auto sent = two.dialer->GetTandemNode()->snapshot().bytes_sent;
  EXPECT_GE(sent, 300'000u);
  int of_dialer = 0;
  for (const auto& [id, flow] : monitor->GetFlowStats()) {
    EXPECT_EQ(flow.txPackets, flow.rxPackets + flow.lostPackets);
    EXPECT_EQ(flow.lostPackets, 0u);
    if (flows->FindFlow(id).destinationPort != two.server->GetPort()) continue;
    ++of_dialer;
    // Headers of IPv4 and of TCP with its timestamps; the SYN says window scaling and SACK, too.
    constexpr std::uint64_t headers = 20 + 20 + 12, syn_more = 4;
    EXPECT_EQ(flow.txBytes, sent + headers * flow.txPackets + syn_more);
  }
  EXPECT_EQ(of_dialer, 1);
}

}  // namespace
}  // namespace tandem::packet
