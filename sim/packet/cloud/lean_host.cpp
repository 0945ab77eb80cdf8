// SPDX-License-Identifier: GPL-2.0-only
#include "cloud/lean_host.hpp"

#include <ns3/ipv4-l3-protocol.h>
#include <ns3/ipv4-static-routing.h>
#include <ns3/traffic-control-layer.h>

namespace tandem::packet {

lean_host::lean_host(const ns3::Ptr<ns3::TandemCloudChannel>& channel,
                     const ns3::Ptr<ns3::TcpL4Protocol>& tcp)
    : node(ns3::CreateObject<ns3::Node>()), device(ns3::CreateObject<ns3::TandemCloudNetDevice>()) {
  node->AggregateObject(ns3::CreateObject<ns3::Ipv4L3Protocol>());
  const auto ipv4 = node->GetObject<ns3::Ipv4>();
  ipv4->SetRoutingProtocol(ns3::CreateObject<ns3::Ipv4StaticRouting>());
  node->AggregateObject(ns3::CreateObject<ns3::TrafficControlLayer>());  // Ipv4Interface needs it
  node->AggregateObject(tcp);
  node->AddDevice(device);
  device->Attach(channel);
  const std::uint32_t interface = ipv4->AddInterface(device);
  ipv4->AddAddress(interface, ns3::Ipv4InterfaceAddress(channel->GetAddress(device->GetHost()),
                                                        ns3::Ipv4Mask("/8")));
  ipv4->SetUp(interface);
}

}  // namespace tandem::packet
