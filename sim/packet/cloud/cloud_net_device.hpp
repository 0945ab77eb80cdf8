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
#include <optional>
#include <unordered_map>

namespace ns3 {

/// A host's access to a TandemCloudChannel: a first-in first-out queue in each direction, and the
/// cloud between them. Needs no ARP. Packets to one host overtake each other only where the link
/// reorders; what is drawn is from a stream of this pair of hosts, so that others do not change it.
class TandemCloudNetDevice : public NetDevice {
 public:
  static TypeId GetTypeId();

  /// Connects to `channel` as its next host. Once.
  void Attach(Ptr<TandemCloudChannel> channel);
  std::uint32_t GetHost() const { return m_host; }
  /// Connects a router to `channel`: what it sends goes to the access of the host that has the
  /// destination. Once, instead of Attach().
  void AttachGateway(Ptr<TandemCloudChannel> channel);

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
    bool in_burst = false;  // of losses
  };
  // One direction of the access link: when it has passed on what it took.
  struct line {
    std::int64_t idle_from = 0;
    /// When the last bit of a packet that comes now has passed; nothing when the queue is full.
    std::optional<std::int64_t> Pass(std::int64_t now, std::uint32_t bytes, std::uint64_t rate,
                                     const tandem::sim::link_queue& bound);
  };

  void DoDispose() override;
  /// Brings a packet that left here at `left` to the access of `to`, or loses it.
  void Carry(TandemCloudNetDevice& to, const tandem::sim::link& link, std::int64_t left,
             const Ptr<Packet>& packet, std::uint16_t protocol);
  bool HandOver(const Ptr<Packet>& packet, std::uint32_t source, TandemCloudNetDevice& to,
                std::uint16_t protocol);
  void ScheduleArrival(TandemCloudNetDevice& to, const tandem::sim::link& link, std::int64_t when,
                       const Ptr<Packet>& packet, std::uint16_t protocol);
  /// A packet reaches the access link of this host, which passes it on.
  void Arrive(Ptr<Packet> packet, std::uint16_t protocol, std::uint64_t rate,
              tandem::sim::link_queue bound);
  void Receive(Ptr<Packet> packet, std::uint16_t protocol);
  bool Drop(const Ptr<Packet>& packet);
  tandem::sim::link_queue QueueOf(const std::optional<tandem::sim::link_queue>& given) const;

  Ptr<TandemCloudChannel> m_channel;
  Ptr<Node> m_node;
  ReceiveCallback m_receive;
  Mac48Address m_address;
  bool m_gateway = false;
  std::uint32_t m_host = 0;
  std::uint32_t m_index = 0;
  std::uint16_t m_mtu = 1500;
  Time m_queue_max;
  line m_up;
  line m_down;
  std::unordered_map<std::uint32_t, flow> m_flows;  // those with anything drawn
  TracedCallback<Ptr<const Packet>> m_tx;
  TracedCallback<Ptr<const Packet>> m_rx;
  TracedCallback<Ptr<const Packet>> m_drop;
};

}  // namespace ns3
