// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <ns3/ipv4-address.h>
#include <ns3/tcp-l4-protocol.h>

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <functional>
#include <utility>

namespace ns3 {

class TandemTcpSocket;

/// TcpL4Protocol that finds the TandemTcpSocket of a segment by hashing where the original searches
/// lists, for hosts with thousands of connections; and that gives out ephemeral ports per remote
/// endpoint, as kernels do. For nodes with one address. Other sockets work as ever.
class TandemTcpL4Protocol : public TcpL4Protocol {
 public:
  static TypeId GetTypeId();

  using TcpL4Protocol::Receive;
  RxStatus Receive(Ptr<Packet> packet, const Ipv4Header& header,
                   Ptr<Ipv4Interface> incoming) override;

  /// A free local port for a connection to `peer`, or 0.
  std::uint16_t ChoosePort(Ipv4Address peer, std::uint16_t peer_port);
  /// False when the connection exists.
  bool Add(std::uint64_t key, Ptr<TandemTcpSocket> socket);
  void Remove(std::uint64_t key) { m_connections.erase(key); }
  /// SYNs to ports where nobody listens get no answer, not a reset.
  void SetSilent(bool silent) { m_silent = silent; }
  /// Hears of each SYN that a connection of this node sends.
  void SetOnSyn(std::function<void()> heard) { m_on_syn = std::move(heard); }
  void SentSyn() const {
    if (m_on_syn) m_on_syn();
  }
  void Listen(std::uint16_t port, TandemTcpSocket* socket) { m_listeners[port] = socket; }
  void StopListening(std::uint16_t port) { m_listeners.erase(port); }

  static std::uint64_t KeyOf(Ipv4Address peer, std::uint16_t peer_port, std::uint16_t local_port) {
    return std::uint64_t{peer.Get()} << 32 | std::uint32_t{peer_port} << 16 | local_port;
  }

 private:
  // Linux net.ipv4.ip_local_port_range.
  static constexpr std::uint16_t first_port = 32768;
  static constexpr std::uint16_t last_port = 60999;

  void DoDispose() override;

  boost::unordered_flat_map<std::uint64_t, Ptr<TandemTcpSocket>> m_connections;
  boost::unordered_flat_map<std::uint16_t, TandemTcpSocket*> m_listeners;
  std::uint16_t m_next_port = first_port;
  std::function<void()> m_on_syn;
  bool m_silent = false;
};

}  // namespace ns3
