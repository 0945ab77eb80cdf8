// SPDX-License-Identifier: GPL-2.0-only
#include "cloud/cloud_channel.hpp"

#include "cloud/cloud_net_device.hpp"

#include <ns3/uinteger.h>

namespace ns3 {

NS_OBJECT_ENSURE_REGISTERED(TandemCloudChannel);

TypeId TandemCloudChannel::GetTypeId() {
  static TypeId id = TypeId("ns3::TandemCloudChannel")
                         .SetParent<Channel>()
                         .SetGroupName("Tandem")
                         .AddConstructor<TandemCloudChannel>()
                         .AddAttribute("Base", "Address of the first host; the others follow.",
                                       Ipv4AddressValue(Ipv4Address("10.0.0.1")),
                                       MakeIpv4AddressAccessor(&TandemCloudChannel::m_base),
                                       MakeIpv4AddressChecker())
                         .AddAttribute("Seed", "Seed of jitter and loss.", UintegerValue(1),
                                       MakeUintegerAccessor(&TandemCloudChannel::m_seed),
                                       MakeUintegerChecker<std::uint64_t>());
  return id;
}

Ipv4Address TandemCloudChannel::GetAddress(std::uint32_t host) const {
  return Ipv4Address(m_base.Get() + host);
}

TandemCloudNetDevice* TandemCloudChannel::Find(std::uint32_t address) const {
  const std::uint32_t host = address - m_base.Get();
  return host < m_devices.size() ? PeekPointer(m_devices[host]) : nullptr;
}

std::uint32_t TandemCloudChannel::Attach(Ptr<TandemCloudNetDevice> device) {
  m_devices.push_back(device);
  return static_cast<std::uint32_t>(m_devices.size() - 1);
}

Ptr<NetDevice> TandemCloudChannel::GetDevice(std::size_t i) const { return m_devices[i]; }

void TandemCloudChannel::DoDispose() {
  m_devices.clear();
  m_links = nullptr;
  m_side = nullptr;
  Channel::DoDispose();
}

}  // namespace ns3
