// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "tandem/sim/link.hpp"

#include <ns3/channel.h>
#include <ns3/ipv4-address.h>
#include <ns3/packet.h>

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <vector>

namespace ns3 {

class TandemCloudNetDevice;

/// A network in one step: carries every packet from its device to the one that has the packet's
/// IPv4 destination, with the latency, jitter and loss of that pair of hosts. One event per packet,
/// whatever the number of devices. Where routers lie between hosts, it carries to the router of the
/// sender, and from that of the receiver.
class TandemCloudChannel : public Channel {
 public:
  static TypeId GetTypeId();

  /// Host `i` has the address Base + i.
  Ipv4Address GetAddress(std::uint32_t host) const;
  /// The device of an address; null when no host has it.
  TandemCloudNetDevice* Find(std::uint32_t address) const;
  /// Adds a device as the next host and returns its number.
  std::uint32_t Attach(Ptr<TandemCloudNetDevice> device);

  /// Adds a device through which the next router reaches its hosts.
  void AttachGateway(Ptr<TandemCloudNetDevice> device) { m_gateways.push_back(device); }
  /// The router of each host, by their numbers.
  void SetRouters(std::vector<std::uint32_t> of) { m_routers = std::move(of); }
  TandemCloudNetDevice& GetGateway(std::uint32_t host) const {
    return *m_gateways[m_routers[host]];
  }

  /// The links; empty: the default one everywhere.
  void SetLinks(tandem::sim::link_map links) { m_links = std::move(links); }
  const tandem::sim::link& GetLink(std::uint32_t from, std::uint32_t to) const {
    return m_links ? m_links(from, to) : m_default;
  }
  /// Packets between hosts of different sides vanish; empty: none.
  void SetPartition(std::function<int(std::uint32_t)> side) { m_side = std::move(side); }
  bool IsCut(std::uint32_t from, std::uint32_t to) const {
    return m_side && m_side(from) != m_side(to);
  }
  /// A NAT in front of the host forgets its flows: their packets vanish, both ways, until a SYN.
  void ForgetFlows(std::uint32_t host) { m_known[host].clear(); }
  /// Whether such a NAT is on the way that does not know the packet's flow, or learns of it now.
  bool IsForgotten(std::uint32_t from, std::uint32_t to, const Packet& packet);
  std::uint64_t GetSeed() const { return m_seed; }

  std::size_t GetNDevices() const override { return m_devices.size(); }
  Ptr<NetDevice> GetDevice(std::size_t i) const override;

 private:
  void DoDispose() override;

  std::vector<Ptr<TandemCloudNetDevice>> m_devices;   // index = host
  std::vector<Ptr<TandemCloudNetDevice>> m_gateways;  // index = router
  std::vector<std::uint32_t> m_routers;               // index = host
  tandem::sim::link_map m_links;
  tandem::sim::link m_default;
  std::function<int(std::uint32_t)> m_side;
  struct Flow {  // the end with the lower number first
    std::uint32_t host, other;
    std::uint16_t port, otherPort;
    auto operator<=>(const Flow&) const = default;
  };
  std::map<std::uint32_t, std::set<Flow>> m_known;  // by NATs that forgot, since then
  Ipv4Address m_base;
  std::uint64_t m_seed = 1;
};

}  // namespace ns3
