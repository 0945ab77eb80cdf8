// SPDX-License-Identifier: GPL-2.0-only
// Two Tandem nodes on a point-to-point link of 50 ms with IPv6 alone, secured by Noise. One dials,
// disconnects and dials again; what the other sees is printed. --pcap=PREFIX writes captures.
#include "tandem/packet/tandem-node-helper.h"

#include <ns3/command-line.h>
#include <ns3/internet-stack-helper.h>
#include <ns3/ipv6-address-helper.h>
#include <ns3/node-container.h>
#include <ns3/point-to-point-helper.h>
#include <ns3/simulator.h>
#include <ns3/string.h>

#include <cstdio>
#include <string>

using namespace ns3;

namespace {

int established = 0;
int disconnected = 0;

void Say(const char* what, const std::string& cause) {
  std::printf("%10.6f s  %s  %s\n", Simulator::Now().GetSeconds(), what, cause.c_str());
}
void Established(const std::string&, const std::string& cause) {
  ++established;
  Say("established", cause);
}
void Closed(const std::string&, const std::string& cause) {
  if (cause == "RemoteClosed") ++disconnected;
  Say("closed", cause);
}
void ShutDown(const std::string&, const std::string&) { Say("shuts down", ""); }

}  // namespace

int main(int argc, char** argv) {
  std::string pcap;
  CommandLine line(__FILE__);
  line.AddValue("pcap", "prefix of the captures, one an interface; none when empty", pcap);
  line.Parse(argc, argv);
  TandemNodeHelper::CheckSockets();

  NodeContainer nodes;
  nodes.Create(2);
  PointToPointHelper link;
  link.SetDeviceAttribute("DataRate", StringValue("10Mbps"));
  link.SetChannelAttribute("Delay", StringValue("50ms"));
  const NetDeviceContainer devices = link.Install(nodes);
  InternetStackHelper stack;
  stack.SetIpv4StackInstall(false);
  stack.Install(nodes);
  Ipv6AddressHelper addresses;
  addresses.SetBase("fd00::", 64);
  addresses.Assign(devices);
  if (!pcap.empty()) link.EnablePcapAll(pcap);

  TandemNodeHelper helper;
  helper.SetAttribute("Security", StringValue("noise"));
  const Ptr<TandemNode> dialer = helper.Install(nodes.Get(0));
  const Ptr<TandemNode> server = helper.Install(nodes.Get(1));
  server->TraceConnectWithoutContext("ConnectionEstablished", MakeCallback(&Established));
  server->TraceConnectWithoutContext("ConnectionClosed", MakeCallback(&Closed));
  server->TraceConnectWithoutContext("ShutdownBegan", MakeCallback(&ShutDown));

  // An IPv6 address may not be used before its neighbours had a second to claim it (RFC 4862).
  Simulator::Schedule(Seconds(2), &TandemNode::Dial, dialer, server);
  Simulator::Schedule(Seconds(4), &TandemNode::Disconnect, dialer, server);
  Simulator::Schedule(Seconds(6), &TandemNode::Dial, dialer, server);
  Simulator::Schedule(Seconds(8), &TandemNode::Shutdown, server);
  Simulator::Stop(Seconds(20));
  Simulator::Run();
  std::printf("%d established, %d disconnected\n", established, disconnected);
  Simulator::Destroy();
  return established == 2 && disconnected == 1 ? 0 : 1;
}
