// SPDX-License-Identifier: GPL-2.0-only
// Five Tandem nodes on one CSMA segment with the stack of InternetStackHelper. The first admits at
// most three connections: the fourth dialer is told LimitReached. Prints what each node is told and
// when. --ipv6: with IPv6 alone.
#include "tandem/packet/tandem-node-helper.h"

#include <ns3/command-line.h>
#include <ns3/config.h>
#include <ns3/csma-helper.h>
#include <ns3/internet-stack-helper.h>
#include <ns3/ipv4-address-helper.h>
#include <ns3/ipv6-address-helper.h>
#include <ns3/node-container.h>
#include <ns3/simulator.h>
#include <ns3/string.h>
#include <ns3/uinteger.h>

#include <cstdio>
#include <string>
#include <vector>

using namespace ns3;

namespace {

int established = 0;
int refused = 0;

/// Of every node; `path` begins with /NodeList/ and the id of its ns-3 node.
void Told(std::string path, const TandemNotification& what) {
  const std::string node = path.substr(10, path.find('/', 10) - 10);
  std::printf("%10.6f s  node %s: %s %s %s\n", Simulator::Now().GetSeconds(), node.c_str(),
              what.kind.c_str(), what.peer.c_str(), what.text.c_str());
  if (node != "0") return;
  if (what.kind == "ConnectionEstablished") ++established;
  if (what.kind == "InboundRefused") ++refused;
}
void Message(const std::string& peer, const std::string& text) {
  std::printf("%10.6f s  server: message from %s: %s\n", Simulator::Now().GetSeconds(),
              peer.c_str(), text.c_str());
}
void Active(std::uint64_t before, std::uint64_t now) {
  std::printf("%10.6f s  server: %llu -> %llu connections\n", Simulator::Now().GetSeconds(),
              static_cast<unsigned long long>(before), static_cast<unsigned long long>(now));
}

}  // namespace

int main(int argc, char** argv) {
  bool ipv6 = false;
  CommandLine line(__FILE__);
  line.AddValue("ipv6", "IPv6 alone instead of IPv4", ipv6);
  line.Parse(argc, argv);
  TandemNodeHelper::CheckSockets();

  NodeContainer nodes;
  nodes.Create(5);
  CsmaHelper csma;
  csma.SetChannelAttribute("DataRate", StringValue("100Mbps"));
  csma.SetChannelAttribute("Delay", StringValue("2us"));
  const NetDeviceContainer devices = csma.Install(nodes);
  InternetStackHelper stack;
  stack.SetIpv4StackInstall(!ipv6);
  stack.SetIpv6StackInstall(ipv6);
  stack.Install(nodes);
  if (ipv6)
    Ipv6AddressHelper("fd00::", 64).Assign(devices);
  else
    Ipv4AddressHelper("192.168.0.0", "255.255.255.0").Assign(devices);

  TandemNodeHelper helper;
  helper.SetAttribute("ConnectionTimeout", StringValue("10s"));
  std::vector<Ptr<TandemNode>> apps;
  for (std::uint32_t i = 0; i < nodes.GetN(); ++i) {
    helper.SetAttribute("MaxConnections", UintegerValue(i == 0 ? 3 : 256));
    apps.push_back(helper.Install(nodes.Get(i)));
  }
  const auto& server = apps.front();
  Config::Connect("/NodeList/*/ApplicationList/*/$ns3::TandemNode/Notification",
                  MakeCallback(&Told));
  server->TraceConnectWithoutContext("Message", MakeCallback(&Message));
  server->TraceConnectWithoutContext("ActiveConnections", MakeCallback(&Active));

  for (std::size_t i = 1; i < apps.size(); ++i)
    Simulator::Schedule(Seconds(static_cast<double>(i) + 1), &TandemNode::Dial, apps[i], server);
  Simulator::Schedule(Seconds(6.5), &TandemNode::Send, apps[1], server, std::string("hello"));
  Simulator::Stop(Seconds(60));
  Simulator::Run();
  std::printf("%d established, %d refused\n", established, refused);
  Simulator::Destroy();
  return established == 3 && refused == 1 ? 0 : 1;
}
