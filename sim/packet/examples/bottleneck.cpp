// SPDX-License-Identifier: GPL-2.0-only
// A dumbbell: eight Tandem nodes on the left dial eight on the right through one link between two
// routers, which a bulk transfer fills. The queue of that link decides how long a handshake takes:
// RED drops early, FqCoDel gives each flow its turn. --queue=TYPE runs one, --ipv6 with IPv6 alone,
// --config=FILE writes the value of every attribute, --load=FILE takes the defaults that such a
// file says, --pcap=PREFIX captures what passes the link.
#include "tandem/packet/tandem-node-helper.h"

#include <ns3/bulk-send-helper.h>
#include <ns3/command-line.h>
#include <ns3/config-store.h>
#include <ns3/config.h>
#include <ns3/flow-monitor-helper.h>
#include <ns3/inet-socket-address.h>
#include <ns3/inet6-socket-address.h>
#include <ns3/internet-stack-helper.h>
#include <ns3/ipv4-address-helper.h>
#include <ns3/ipv4-global-routing-helper.h>
#include <ns3/ipv6-address-helper.h>
#include <ns3/node-container.h>
#include <ns3/packet-sink-helper.h>
#include <ns3/point-to-point-helper.h>
#include <ns3/simulator.h>
#include <ns3/string.h>
#include <ns3/traffic-control-helper.h>
#include <ns3/uinteger.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

using namespace ns3;

namespace {

constexpr int pairs = 8;
const Time dials_begin = Seconds(10);

struct Seen {
  std::vector<double> ready;  ///< seconds from the dial to the connection
  std::uint64_t flows = 0;
  std::uint64_t lost = 0;  ///< packets of all flows
};

/// The networks of either family, a link each.
class Networks {
 public:
  explicit Networks(bool ipv6) : m_ipv6(ipv6) {
    InternetStackHelper stack;
    stack.SetIpv4StackInstall(!ipv6);
    stack.SetIpv6StackInstall(ipv6);
    stack.InstallAll();
  }
  /// Of a link whose second end is a router. Global routing is of IPv4 only: with IPv6 a router is
  /// told to forward, and the other end that what it knows no route for goes there. `both` ends:
  /// each of two routers sends so what is at the other.
  void Assign(const NetDeviceContainer& link, bool both = false) {
    if (!m_ipv6) {
      m_ipv4_addresses.Assign(link);
      m_ipv4_addresses.NewNetwork();
      return;
    }
    Ipv6InterfaceContainer ends = m_ipv6_addresses.Assign(link);
    m_ipv6_addresses.NewNetwork();
    ends.SetForwarding(1, true);
    ends.SetDefaultRoute(0, 1);
    if (!both) return;
    ends.SetForwarding(0, true);
    ends.SetDefaultRoute(1, 0);
  }
  void Populate() const {
    if (!m_ipv6) Ipv4GlobalRoutingHelper::PopulateRoutingTables();
  }
  Address Of(const Ptr<Node>& host, std::uint16_t port) const {
    if (m_ipv6)  // its first address is of the link alone
      return Inet6SocketAddress(host->GetObject<Ipv6>()->GetAddress(1, 1).GetAddress(), port);
    return InetSocketAddress(host->GetObject<Ipv4>()->GetAddress(1, 0).GetLocal(), port);
  }
  Address Any(std::uint16_t port) const {
    if (m_ipv6) return Inet6SocketAddress(Ipv6Address::GetAny(), port);
    return InetSocketAddress(Ipv4Address::GetAny(), port);
  }

 private:
  bool m_ipv6;
  Ipv4AddressHelper m_ipv4_addresses{"10.0.0.0", "255.255.255.0"};
  Ipv6AddressHelper m_ipv6_addresses{"fd00::", 64};
};

ConfigStore StoreOf(const std::string& file, const std::string& mode) {
  Config::SetDefault("ns3::ConfigStore::Filename", StringValue(file));
  Config::SetDefault("ns3::ConfigStore::Mode", StringValue(mode));
  return {};
}

Seen Run(const std::string& queue, bool ipv6, const std::string& pcap, const std::string& config) {
  Seen seen;
  NodeContainer left(pairs + 1);
  NodeContainer right(pairs + 1);
  NodeContainer routers(2);
  Networks networks(ipv6);

  PointToPointHelper access;
  access.SetDeviceAttribute("DataRate", StringValue("100Mbps"));
  access.SetChannelAttribute("Delay", StringValue("1ms"));
  PointToPointHelper shared;
  shared.SetDeviceAttribute("DataRate", StringValue("2Mbps"));
  shared.SetChannelAttribute("Delay", StringValue("20ms"));
  shared.SetQueue("ns3::DropTailQueue", "MaxSize", StringValue("2p"));  // the rest waits above it

  const NetDeviceContainer link = shared.Install(routers);
  TrafficControlHelper control;
  control.SetRootQueueDisc(queue, "MaxSize", StringValue("100p"));
  control.Install(link);
  networks.Assign(link, true);
  for (int i = 0; i <= pairs; ++i)
    for (const auto& [hosts, router] : {std::pair(&left, 0), std::pair(&right, 1)})
      networks.Assign(access.Install(hosts->Get(i), routers.Get(router)));
  networks.Populate();

  // The last pair: a bulk transfer from right to left and one from left to right, once addresses
  // of IPv6 may be used.
  const std::uint16_t port = 9;
  for (const auto& [from, to] : {std::pair(&left, &right), std::pair(&right, &left)}) {
    BulkSendHelper("ns3::TcpSocketFactory", networks.Of(to->Get(pairs), port))
        .Install(from->Get(pairs))
        .Start(Seconds(2));
    PacketSinkHelper("ns3::TcpSocketFactory", networks.Any(port)).Install(to->Get(pairs));
  }

  TandemNodeHelper helper;
  for (int i = 0; i < pairs; ++i) {
    const Ptr<TandemNode> dialer = helper.Install(left.Get(i));
    const Ptr<TandemNode> server = helper.Install(right.Get(i));
    const Time at = dials_begin + MilliSeconds(100 * i);
    dialer->TraceConnectWithoutContext(
        "ConnectionEstablished", Callback<void, const std::string&, const std::string&>(
                                     [&seen, at](const std::string&, const std::string&) {
                                       seen.ready.push_back((Simulator::Now() - at).GetSeconds());
                                     }));
    Simulator::Schedule(at, &TandemNode::Dial, dialer, server);
  }

  FlowMonitorHelper monitors;
  const Ptr<FlowMonitor> monitor = monitors.InstallAll();
  if (!pcap.empty()) shared.EnablePcap(pcap, link.Get(0));
  if (!config.empty()) {
    ConfigStore store = StoreOf(config, "Save");
    store.ConfigureDefaults();
    store.ConfigureAttributes();
  }
  Simulator::Stop(Seconds(40));
  Simulator::Run();
  monitor->CheckForLostPackets();
  for (const auto& [id, flow] : monitor->GetFlowStats()) {
    ++seen.flows;
    seen.lost += flow.lostPackets;
  }
  Simulator::Destroy();
  return seen;
}

}  // namespace

int main(int argc, char** argv) {
  std::string only;
  bool ipv6 = false;
  std::string pcap;
  std::string config;
  std::string load;
  CommandLine line(__FILE__);
  line.AddValue("queue", "type of the shared link's queue disc; empty: two, one after the other",
                only);
  line.AddValue("ipv6", "IPv6 alone instead of IPv4", ipv6);
  line.AddValue("pcap", "prefix of the capture of the shared link; none when empty", pcap);
  line.AddValue("config", "file for the value of every attribute; none when empty", config);
  line.AddValue("load", "file of default values to begin with; none when empty", load);
  line.Parse(argc, argv);
  if (!load.empty()) StoreOf(load, "Load").ConfigureDefaults();
  TandemNodeHelper::CheckSockets();
  std::vector<std::string> queues{"ns3::RedQueueDisc", "ns3::FqCoDelQueueDisc"};
  if (!only.empty()) queues = {only};

  bool all = true;
  for (const std::string& queue : queues) {
    Seen seen = Run(queue, ipv6, pcap, config);
    std::sort(seen.ready.begin(), seen.ready.end());
    const std::size_t ready = seen.ready.size();
    std::printf(
        "%-22s %zu of %d ready, median %.3f s, longest %.3f s; %llu flows lost %llu packets\n",
        queue.c_str(), ready, pairs, ready == 0 ? 0.0 : seen.ready[ready / 2],
        ready == 0 ? 0.0 : seen.ready.back(), static_cast<unsigned long long>(seen.flows),
        static_cast<unsigned long long>(seen.lost));
    all &= ready == pairs;
  }
  return all ? 0 : 1;
}
