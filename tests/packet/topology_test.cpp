// SPDX-License-Identifier: GPL-2.0-only
// TandemNode on the topologies that users of ns-3 build, on IPv4 alone and on IPv6 alone.
#include "tandem/packet/tandem-node-helper.h"

#include <gtest/gtest.h>
#include <ns3/constant-position-mobility-model.h>
#include <ns3/csma-helper.h>
#include <ns3/internet-stack-helper.h>
#include <ns3/ipv4-address-helper.h>
#include <ns3/ipv4-global-routing-helper.h>
#include <ns3/ipv6-address-helper.h>
#include <ns3/mobility-helper.h>
#include <ns3/node-container.h>
#include <ns3/point-to-point-helper.h>
#include <ns3/queue-disc.h>
#include <ns3/simulator.h>
#include <ns3/ssid.h>
#include <ns3/string.h>
#include <ns3/traffic-control-helper.h>
#include <ns3/wifi-helper.h>
#include <ns3/wifi-mac-helper.h>
#include <ns3/yans-wifi-helper.h>

#include <string>
#include <tuple>
#include <vector>

namespace tandem::packet {
namespace {

using ns3::Seconds;
using ns3::StringValue;

/// Three nodes of a topology, of which the second and the third dial the first.
class three_nodes {
 public:
  three_nodes(const std::string& topology, bool ipv6) : ipv6_(ipv6) {
    nodes_.Create(3);
    line_.SetDeviceAttribute("DataRate", StringValue("10Mbps"));
    line_.SetChannelAttribute("Delay", StringValue("1ms"));
    stack_.SetIpv4StackInstall(!ipv6);
    stack_.SetIpv6StackInstall(ipv6);
    stack_.Install(nodes_);
    if (topology == "point_to_point")
      lines();
    else if (topology == "csma")
      assign(ns3::CsmaHelper().Install(nodes_));
    else if (topology == "wifi")
      access_point();
    else
      bottleneck(topology);
    run();
  }
  ~three_nodes() { ns3::Simulator::Destroy(); }  // with a connection open

  struct heard {
    std::string what;
    std::int64_t milliseconds;
  };
  std::vector<heard> server;
  std::uint32_t queued = 0;  ///< packets that passed the bottleneck's queue discs

 private:
  // Of a link whose second end forwards what the first has no other route for.
  void assign(const ns3::NetDeviceContainer& link, bool routed = false) {
    if (!ipv6_) {
      ipv4_.Assign(link);
      ipv4_.NewNetwork();
      return;
    }
    auto ends = ipv6_addresses_.Assign(link);
    ipv6_addresses_.NewNetwork();
    if (!routed) return;
    ends.SetForwarding(1, true);
    ends.SetDefaultRoute(0, 1);
  }

  void lines() {
    // In a row, so that each end has one address: ns-3 3.44 drops what comes for another
    // interface's.
    assign(line_.Install(nodes_.Get(0), nodes_.Get(1)), true);
    assign(line_.Install(nodes_.Get(2), nodes_.Get(1)), true);
    if (!ipv6_) ns3::Ipv4GlobalRoutingHelper::PopulateRoutingTables();
  }

  void access_point() {
    ns3::YansWifiPhyHelper physical;
    physical.SetChannel(ns3::YansWifiChannelHelper::Default().Create());
    ns3::WifiHelper wifi;
    ns3::WifiMacHelper mac;
    const ns3::SsidValue name(ns3::Ssid("tandem"));
    mac.SetType("ns3::ApWifiMac", "Ssid", name);
    auto devices = wifi.Install(physical, mac, nodes_.Get(0));
    mac.SetType("ns3::StaWifiMac", "Ssid", name);
    devices.Add(wifi.Install(physical, mac, nodes_.Get(1)));
    devices.Add(wifi.Install(physical, mac, nodes_.Get(2)));
    wifi.AssignStreams(devices, 1);
    ns3::MobilityHelper().Install(nodes_);
    stack_.AssignStreams(nodes_, 100);
    assign(devices);
  }

  void bottleneck(const std::string& queue) {
    const ns3::NodeContainer routers(2);
    stack_.Install(routers);
    const auto shared = line_.Install(routers);
    ns3::TrafficControlHelper control;
    control.SetRootQueueDisc(queue);
    discs_ = control.Install(shared);
    for (std::uint32_t host = 0; host < 3; ++host)
      assign(line_.Install(nodes_.Get(host), routers.Get(host == 0 ? 0 : 1)), true);
    assign(shared, true);
    if (!ipv6_) return ns3::Ipv4GlobalRoutingHelper::PopulateRoutingTables();
    ns3::Ipv6InterfaceContainer ends;  // the last interface of either router
    for (std::uint32_t router = 0; router < 2; ++router) {
      const auto ip = routers.Get(router)->GetObject<ns3::Ipv6>();
      ends.Add(ip, ip->GetNInterfaces() - 1);
    }
    ends.SetForwarding(0, true);
    ends.SetDefaultRoute(1, 0);
  }

  void hear(const char* source) {
    nodes_of_tandem_[0]->TraceConnectWithoutContext(
        source, ns3::Callback<void, const std::string&, const std::string&>(
                    [this, source](const std::string&, const std::string& more) {
                      server.push_back({std::string(source) + " " + more,
                                        ns3::Simulator::Now().GetMilliSeconds()});
                    }));
  }

  void run() {
    ns3::TandemNodeHelper helper;
    for (std::uint32_t i = 0; i < 3; ++i) nodes_of_tandem_.push_back(helper.Install(nodes_.Get(i)));
    for (const char* source : {"ConnectionEstablished", "ConnectionClosed", "Message"})
      hear(source);
    using node = ns3::TandemNode;
    const auto& all = nodes_of_tandem_;
    ns3::Simulator::Schedule(Seconds(3), &node::Dial, all[1], all[0]);
    ns3::Simulator::Schedule(Seconds(4), &node::Dial, all[2], all[0]);
    ns3::Simulator::Schedule(Seconds(6), &node::Send, all[1], all[0], std::string("hello"));
    ns3::Simulator::Schedule(Seconds(7), &node::Disconnect, all[1], all[0]);
    ns3::Simulator::Stop(Seconds(8));
    ns3::Simulator::Run();
    for (std::uint32_t i = 0; i < discs_.GetN(); ++i)
      queued += discs_.Get(i)->GetStats().nTotalDequeuedPackets;
  }

  bool ipv6_;
  ns3::NodeContainer nodes_;
  ns3::InternetStackHelper stack_;
  ns3::PointToPointHelper line_;
  ns3::Ipv4AddressHelper ipv4_{"10.1.0.0", "255.255.255.0"};
  ns3::Ipv6AddressHelper ipv6_addresses_{"fd00::", 64};
  ns3::QueueDiscContainer discs_;
  std::vector<ns3::Ptr<ns3::TandemNode>> nodes_of_tandem_;
};

struct application_over : testing::TestWithParam<std::tuple<const char*, bool>> {};
INSTANTIATE_TEST_SUITE_P(, application_over,
                         testing::Combine(testing::Values("point_to_point", "csma", "wifi",
                                                          "ns3::RedQueueDisc",
                                                          "ns3::FqCoDelQueueDisc"),
                                          testing::Bool()));

TEST_P(application_over, every_topology_and_family_connects_speaks_and_parts) {
  const auto& [topology, ipv6] = GetParam();
  const three_nodes net(topology, ipv6);
  const std::vector<std::pair<std::string, std::int64_t>> expected{
      {"ConnectionEstablished None", 3000},
      {"ConnectionEstablished None", 4000},
      {"Message hello", 6000},
      {"ConnectionClosed RemoteClosed", 7000}};
  ASSERT_EQ(net.server.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(net.server[i].what, expected[i].first);
    EXPECT_GE(net.server[i].milliseconds, expected[i].second);
    EXPECT_LE(net.server[i].milliseconds, expected[i].second + 200) << net.server[i].what;
  }
  const bool shared = std::string(topology).starts_with("ns3");
  EXPECT_EQ(net.queued > 20, shared) << net.queued;
}

}  // namespace
}  // namespace tandem::packet
