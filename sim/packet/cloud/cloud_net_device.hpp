// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "cloud/cloud_channel.hpp"

#include <ns3/mac48-address.h>
#include <ns3/net-device.h>
#include <ns3/node.h>
#include <ns3/nstime.h>
#include <ns3/packet.h>
#include <ns3/traced-callback.h>

#include <cstdint>
#include <unordered_map>

namespace ns3 {

/// A host's access to a TandemCloudChannel: a first-in first-out queue at the link's bandwidth,
/// then the cloud. Needs no ARP. Packets to one host never overtake each other; jitter and loss are
/// drawn from a stream of this pair of hosts, so that other hosts do not change them.
class TandemCloudNetDevice : public NetDevice {
 public:
  static TypeId GetTypeId();

  /// Connects to `channel` as its next host. Once.
  void Attach(Ptr<TandemCloudChannel> channel);
  std::uint32_t GetHost() const { return m_host; }

  bool Send(Ptr<Packet> packet, const Address& dest, std::uint16_t protocol) override;
  bool SendFrom(Ptr<Packet> packet, const Address& source, const Address& dest,
                std::uint16_t protocol) override;

  void SetIfIndex(const std::uint32_t index) override { m_index = index; }
  std::uint32_t GetIfIndex() const override { return m_index; }
  Ptr<Channel> GetChannel() const override { return m_channel; }
  void SetAddress(Address address) override { m_address = Mac48Address::ConvertFrom(address); }
  Address GetAddress() const override { return m_address; }
  bool SetMtu(const std::uint16_t mtu) override;
  std::uint16_t GetMtu() const override { return m_mtu; }
  bool IsLinkUp() const override { return m_channel != nullptr; }
  void AddLinkChangeCallback(Callback<void>) override {}
  bool IsBroadcast() const override { return false; }
  Address GetBroadcast() const override { return Mac48Address::GetBroadcast(); }
  bool IsMulticast() const override { return false; }
  Address GetMulticast(Ipv4Address) const override { return Mac48Address::GetBroadcast(); }
  Address GetMulticast(Ipv6Address) const override { return Mac48Address::GetBroadcast(); }
  bool IsBridge() const override { return false; }
  bool IsPointToPoint() const override { return false; }
  Ptr<Node> GetNode() const override { return m_node; }
  void SetNode(Ptr<Node> node) override { m_node = node; }
  bool NeedsArp() const override { return false; }
  void SetReceiveCallback(ReceiveCallback callback) override { m_receive = callback; }
  void SetPromiscReceiveCallback(PromiscReceiveCallback) override {}
  bool SupportsSendFrom() const override { return false; }

 private:
  struct flow {  // to one host
    std::uint64_t packets = 0;
    std::int64_t last_arrival = 0;
  };

  void DoDispose() override;
  void Receive(Ptr<Packet> packet, std::uint16_t protocol);
  bool Drop(const Ptr<Packet>& packet);
  std::int64_t Leave(std::int64_t now, std::uint32_t bytes, std::uint64_t bandwidth);

  Ptr<TandemCloudChannel> m_channel;
  Ptr<Node> m_node;
  ReceiveCallback m_receive;
  Mac48Address m_address;
  std::uint32_t m_host = 0;
  std::uint32_t m_index = 0;
  std::uint16_t m_mtu = 1500;
  Time m_queue_max;
  std::int64_t m_idle_from = 0;  // when the access link has sent what it accepted
  std::unordered_map<std::uint32_t, flow> m_flows;  // those with jitter or loss
  TracedCallback<Ptr<const Packet>> m_tx;
  TracedCallback<Ptr<const Packet>> m_rx;
  TracedCallback<Ptr<const Packet>> m_drop;
};

}  // namespace ns3
