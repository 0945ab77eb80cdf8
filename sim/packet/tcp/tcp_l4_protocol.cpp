// SPDX-License-Identifier: GPL-2.0-only
#include "tcp/tcp_l4_protocol.hpp"

#include "tcp/tcp_socket.hpp"

#include <ns3/ipv4-header.h>
#include <ns3/ipv4-interface.h>
#include <ns3/node.h>
#include <ns3/packet.h>

#include <utility>

namespace ns3 {

NS_OBJECT_ENSURE_REGISTERED(TandemTcpL4Protocol);

TypeId TandemTcpL4Protocol::GetTypeId() {
  static TypeId id = TypeId("ns3::TandemTcpL4Protocol")
                         .SetParent<TcpL4Protocol>()
                         .SetGroupName("Tandem")
                         .AddConstructor<TandemTcpL4Protocol>();
  return id;
}

IpL4Protocol::RxStatus TandemTcpL4Protocol::Receive(Ptr<Packet> packet, const Ipv4Header& header,
                                                    Ptr<Ipv4Interface> incoming) {
  std::uint8_t h[14] = {};  // ports first, flags last
  packet->CopyData(h, sizeof h);
  const auto from = static_cast<std::uint16_t>(h[0] << 8 | h[1]);
  const auto to = static_cast<std::uint16_t>(h[2] << 8 | h[3]);
  if (Node::ChecksumEnabled()) {
    TcpHeader checked;
    const RxStatus status =
        PacketReceived(packet, checked, header.GetSource(), header.GetDestination());
    if (status != RX_OK) return status;
  }
  if (const auto found = m_connections.find(KeyOf(header.GetSource(), from, to));
      found != m_connections.end()) {
    const Ptr<TandemTcpSocket> socket = found->second;
    socket->Deliver(packet, header, from, incoming);
    return RX_OK;
  }
  if (const auto found = m_listeners.find(to); found != m_listeners.end()) {
    found->second->Deliver(packet, header, from, incoming);
    return RX_OK;
  }
  const bool syn = (h[13] & (TcpHeader::SYN | TcpHeader::ACK)) == TcpHeader::SYN;
  if (m_silent && syn) return RX_OK;
  return TcpL4Protocol::Receive(packet, header, incoming);
}

std::uint16_t TandemTcpL4Protocol::ChoosePort(Ipv4Address peer, std::uint16_t peer_port) {
  for (int tries = 0; tries <= last_port - first_port; ++tries) {
    const std::uint16_t port = m_next_port;
    m_next_port = port == last_port ? first_port : static_cast<std::uint16_t>(port + 1);
    if (!m_connections.contains(KeyOf(peer, peer_port, port)) && !m_listeners.contains(port))
      return port;
  }
  return 0;
}

bool TandemTcpL4Protocol::Add(std::uint64_t key, Ptr<TandemTcpSocket> socket) {
  return m_connections.emplace(key, std::move(socket)).second;
}

void TandemTcpL4Protocol::DoDispose() {
  const auto connections = std::exchange(m_connections, {});
  m_listeners.clear();
  for (const auto& [key, socket] : connections) socket->Detach();
  TcpL4Protocol::DoDispose();
}

}  // namespace ns3
