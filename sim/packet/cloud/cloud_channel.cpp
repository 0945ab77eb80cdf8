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

bool TandemCloudChannel::IsForgotten(std::uint32_t from, std::uint32_t to, const Packet& packet) {
  if (m_known.empty()) return false;
  std::uint8_t bytes[60 + 14];  // IPv4 with options, TCP up to its flags
  const std::uint32_t size = packet.CopyData(bytes, sizeof bytes);
  const std::uint32_t tcp = (bytes[0] & 0x0fU) * 4U;
  if (bytes[9] != 6 || size < tcp + 14) return false;
  const auto port = [&](std::uint32_t at) {
    return static_cast<std::uint16_t>(bytes[tcp + at] << 8 | bytes[tcp + at + 1]);
  };
  const bool opens = (bytes[tcp + 13] & 0x12U) == 0x02U;  // SYN without ACK
  const Flow flow = from < to ? Flow{from, to, port(0), port(2)} : Flow{to, from, port(2), port(0)};
  bool unknown = false;
  for (const std::uint32_t host : {from, to}) {
    const auto it = m_known.find(host);
    if (it == m_known.end()) continue;
    if (opens)
      it->second.insert(flow);
    else
      unknown = unknown || !it->second.contains(flow);
  }
  return unknown;
}

void TandemCloudChannel::DoDispose() {
  m_devices.clear();
  m_gateways.clear();
  m_links = nullptr;
  m_side = nullptr;
  Channel::DoDispose();
}

}  // namespace ns3
