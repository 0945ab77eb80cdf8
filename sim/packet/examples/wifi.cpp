// SPDX-License-Identifier: GPL-2.0-only
// Five phones around a Wi-Fi access point with a Tandem node; one of them walks away and is lost.
// Prints what the node at the access point sees. --ipv6: with IPv6 alone.
#include "tandem/packet/tandem-node-helper.h"

#include <ns3/boolean.h>
#include <ns3/command-line.h>
#include <ns3/constant-velocity-mobility-model.h>
#include <ns3/internet-stack-helper.h>
#include <ns3/ipv4-address-helper.h>
#include <ns3/ipv6-address-helper.h>
#include <ns3/mobility-helper.h>
#include <ns3/node-container.h>
#include <ns3/simulator.h>
#include <ns3/ssid.h>
#include <ns3/string.h>
#include <ns3/wifi-helper.h>
#include <ns3/wifi-mac-helper.h>
#include <ns3/yans-wifi-helper.h>

#include <cstdio>
#include <string>
#include <vector>

using namespace ns3;

namespace {

int established = 0;
int failed = 0;
int lost = 0;

void Say(const char* what, const std::string& peer, const std::string& cause) {
  std::printf("%10.6f s  %s %s  %s\n", Simulator::Now().GetSeconds(), what, peer.c_str(),
              cause.c_str());
}
void Established(const std::string& peer, const std::string&) {
  ++established;
  Say("established", peer, "");
}
void Failed(const std::string& peer, const std::string& cause) {
  ++failed;
  Say("failed", peer, cause);
}
void Closed(const std::string& peer, const std::string& cause) {
  if (cause == "LivenessLost") ++lost;
  Say("closed", peer, cause);
}

}  // namespace

int main(int argc, char** argv) {
  bool ipv6 = false;
  CommandLine line(__FILE__);
  line.AddValue("ipv6", "IPv6 alone instead of IPv4", ipv6);
  line.Parse(argc, argv);
  TandemNodeHelper::CheckSockets();

  NodeContainer access_point(1);
  NodeContainer phones(5);
  const NodeContainer all(access_point, phones);

  YansWifiChannelHelper channel = YansWifiChannelHelper::Default();
  YansWifiPhyHelper physical;
  physical.SetChannel(channel.Create());
  WifiHelper wifi;
  wifi.SetStandard(WIFI_STANDARD_80211n);
  WifiMacHelper mac;
  mac.SetType("ns3::StaWifiMac", "Ssid", SsidValue(Ssid("tandem")));
  NetDeviceContainer devices = wifi.Install(physical, mac, phones);
  mac.SetType("ns3::ApWifiMac", "Ssid", SsidValue(Ssid("tandem")));
  devices.Add(wifi.Install(physical, mac, access_point));
  wifi.AssignStreams(devices, 1);

  MobilityHelper mobility;
  mobility.SetMobilityModel("ns3::ConstantVelocityMobilityModel");
  mobility.Install(all);

  InternetStackHelper stack;
  stack.SetIpv4StackInstall(!ipv6);
  stack.SetIpv6StackInstall(ipv6);
  stack.Install(all);
  stack.AssignStreams(all, 100);
  if (ipv6)
    Ipv6AddressHelper("fd00::", 64).Assign(devices);
  else
    Ipv4AddressHelper("10.1.0.0", "255.255.255.0").Assign(devices);

  TandemNodeHelper helper;
  helper.SetAttribute("ConnectionTimeout", StringValue("5min"));
  const Ptr<TandemNode> server = helper.Install(access_point.Get(0));
  server->TraceConnectWithoutContext("ConnectionEstablished", MakeCallback(&Established));
  server->TraceConnectWithoutContext("ConnectionClosed", MakeCallback(&Closed));
  for (std::uint32_t i = 0; i < phones.GetN(); ++i) {
    const Ptr<TandemNode> phone = helper.Install(phones.Get(i));
    phone->TraceConnectWithoutContext("DialFailed", MakeCallback(&Failed));
    Simulator::Schedule(Seconds(3.0 + 0.1 * i), &TandemNode::Dial, phone, server);
  }
  const auto walker = phones.Get(0)->GetObject<ConstantVelocityMobilityModel>();
  Simulator::Schedule(Seconds(5), &ConstantVelocityMobilityModel::SetVelocity, walker,
                      Vector(50, 0, 0));
  Simulator::Stop(Seconds(90));
  Simulator::Run();
  std::printf("%d established, %d failed, %d lost\n", established, failed, lost);
  Simulator::Destroy();
  return established == 5 && failed == 0 && lost == 1 ? 0 : 1;
}
