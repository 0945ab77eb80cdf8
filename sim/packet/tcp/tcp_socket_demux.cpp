// SPDX-License-Identifier: GPL-2.0-only
// How a TandemTcpSocket is found: by a TandemTcpL4Protocol if the node has one, else as any socket.
#include "tcp/tcp_l4_protocol.hpp"
#include "tcp/tcp_socket.hpp"

#include <ns3/inet-socket-address.h>
#include <ns3/ipv4-end-point.h>
#include <ns3/ipv4-interface.h>
#include <ns3/tcp-header.h>
#include <ns3/tcp-rx-buffer.h>

namespace ns3 {

Ptr<TandemTcpL4Protocol> TandemTcpSocket::Hashed() const {
  return DynamicCast<TandemTcpL4Protocol>(m_tcp);
}

bool TandemTcpSocket::Register(const Ptr<TandemTcpL4Protocol>& tcp, Ipv4Address local,
                               std::uint16_t local_port, Ipv4Address peer,
                               std::uint16_t peer_port) {
  const std::uint64_t key = TandemTcpL4Protocol::KeyOf(peer, peer_port, local_port);
  if (!tcp->Add(key, this)) return false;
  m_key = key;
  m_own_end_point = std::make_unique<Ipv4EndPoint>(local, local_port);
  m_own_end_point->SetPeer(peer, peer_port);
  m_endPoint = m_own_end_point.get();
  return true;
}

void TandemTcpSocket::Unregister() {
  const auto tcp = Hashed();
  if (const auto port = std::exchange(m_listening_port, 0); port != 0 && tcp)
    tcp->StopListening(port);
  if (const auto key = std::exchange(m_key, 0); key != 0 && tcp) tcp->Remove(key);
}

void TandemTcpSocket::Detach() {
  m_end_event.Cancel();
  if (!m_own_end_point) return;
  m_key = 0;
  CancelAllTimers();
  m_endPoint = nullptr;
  m_state = CLOSED;
  m_own_end_point.reset();
}

void TandemTcpSocket::Deliver(Ptr<Packet> packet, const Ipv4Header& header, std::uint16_t from,
                              Ptr<Ipv4Interface> incoming) {
  ForwardUp(packet, header, from, incoming);
}

int TandemTcpSocket::Connect(const Address& address) {
  const auto tcp = Hashed();
  if (tcp && m_endPoint == nullptr && InetSocketAddress::IsMatchingType(address)) {
    const auto peer = InetSocketAddress::ConvertFrom(address);
    const std::uint16_t port = tcp->ChoosePort(peer.GetIpv4(), peer.GetPort());
    if (port == 0) {
      m_errno = ERROR_ADDRNOTAVAIL;
      return -1;
    }
    Register(tcp, Ipv4Address::GetAny(), port, peer.GetIpv4(), peer.GetPort());
  }
  const int result = TcpSocketBase::Connect(address);
  if (result != 0) Forget();
  return result;
}

int TandemTcpSocket::Listen() {
  const int result = TcpSocketBase::Listen();
  const auto tcp = Hashed();
  if (result == 0 && tcp && m_endPoint != nullptr) {
    m_listening_port = m_endPoint->GetLocalPort();
    tcp->Listen(m_listening_port, this);
  }
  return result;
}

void TandemTcpSocket::CompleteFork(Ptr<Packet> packet, const TcpHeader& header, const Address& from,
                                   const Address& to) {
  const auto tcp = Hashed();
  if (!tcp || !InetSocketAddress::IsMatchingType(from))
    return TcpSocketBase::CompleteFork(packet, header, from, to);
  const auto local = InetSocketAddress::ConvertFrom(to);
  const auto peer = InetSocketAddress::ConvertFrom(from);
  // A second SYN of the same moment finds the connection there.
  if (!Register(tcp, local.GetIpv4(), local.GetPort(), peer.GetIpv4(), peer.GetPort())) return;
  m_state = SYN_RCVD;
  m_synCount = m_synRetries;
  m_dataRetrCount = m_dataRetries;
  m_tcb->m_rxBuffer->SetNextRxSequence(header.GetSequenceNumber() + SequenceNumber32(1));
  SendEmptyPacket(TcpHeader::SYN | TcpHeader::ACK);
}

void TandemTcpSocket::ResetStray(const Ptr<Packet>& packet, const Segment& segment,
                                 const Address& from, const Address& to) {
  TcpHeader stray;
  packet->PeekHeader(stray);
  TcpHeader reset;
  reset.SetFlags(TcpHeader::RST);
  reset.SetSequenceNumber(segment.ack);
  reset.SetSourcePort(stray.GetDestinationPort());
  reset.SetDestinationPort(stray.GetSourcePort());
  m_tcp->SendPacket(Create<Packet>(), reset, to, from);
}

}  // namespace ns3
