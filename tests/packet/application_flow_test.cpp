// SPDX-License-Identifier: GPL-2.0-only
// What FlowMonitor counts of an application's connection is what the node says that it sent.
#include "pair_of_applications.hpp"
#include "tandem/net/node.hpp"

#include <gtest/gtest.h>
#include <ns3/flow-monitor-helper.h>
#include <ns3/ipv4-flow-classifier.h>
#include <ns3/ipv6-flow-classifier.h>

#include <string>

namespace tandem::packet {
namespace {

using ns3::Seconds;
using ns3::Simulator;
using node = ns3::TandemNode;

std::uint16_t port_to(ns3::FlowMonitorHelper& helper, ns3::FlowId id, bool ipv6) {
  if (ipv6)
    return ns3::DynamicCast<ns3::Ipv6FlowClassifier>(helper.GetClassifier6())
        ->FindFlow(id)
        .destinationPort;
  return ns3::DynamicCast<ns3::Ipv4FlowClassifier>(helper.GetClassifier())
      ->FindFlow(id)
      .destinationPort;
}

class application_flow : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(, application_flow, testing::Bool(),
                         [](const auto& info) { return info.param ? "ipv6" : "ipv4"; });

TEST_P(application_flow, is_counted_by_flow_monitor_to_the_byte) {
  const bool ipv6 = GetParam();
  pair_of_applications two(!ipv6, ipv6);
  ns3::FlowMonitorHelper helper;
  const auto monitor = helper.InstallAll();
  Simulator::Schedule(Seconds(3), &node::Dial, two.dialer, two.server);
  Simulator::Schedule(Seconds(4), &node::Send, two.dialer, two.server, std::string(300'000, 'x'));
  Simulator::Stop(Seconds(7));
  Simulator::Run();
  monitor->CheckForLostPackets();
  const auto sent = two.dialer->GetTandemNode()->snapshot().bytes_sent;
  EXPECT_GE(sent, 300'000u);
  int of_dialer = 0;
  for (const auto& [id, flow] : monitor->GetFlowStats()) {
    EXPECT_EQ(flow.txPackets, flow.rxPackets + flow.lostPackets);
    EXPECT_EQ(flow.lostPackets, 0u);
    if (port_to(helper, id, ipv6) != two.server->GetPort()) continue;
    ++of_dialer;
    // Headers of IP and of TCP with its timestamps; the SYN says window scaling and SACK, too.
    const std::uint64_t headers = (ipv6 ? 40 : 20) + 20 + 12, syn_more = 4;
    EXPECT_EQ(flow.txBytes, sent + headers * flow.txPackets + syn_more);
  }
  EXPECT_EQ(of_dialer, 1);
}

}  // namespace
}  // namespace tandem::packet
