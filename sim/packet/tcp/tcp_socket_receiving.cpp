// SPDX-License-Identifier: GPL-2.0-only
// What a TandemTcpSocket makes of a segment, and what is read of it.
#include "tcp/tcp_socket.hpp"

#include <ns3/simulator.h>
#include <ns3/tcp-header.h>
#include <ns3/tcp-rx-buffer.h>
#include <ns3/tcp-tx-buffer.h>

#include <algorithm>
#include <utility>

namespace ns3 {

TandemTcpSocket::Segment TandemTcpSocket::Peek(const Ptr<Packet>& packet) {
  std::uint8_t h[20] = {};
  packet->CopyData(h, sizeof h);
  const auto word = [&h](int at) {
    return SequenceNumber32(std::uint32_t{h[at]} << 24 | std::uint32_t{h[at + 1]} << 16 |
                            std::uint32_t{h[at + 2]} << 8 | h[at + 3]);
  };
  return {h[13], word(4), word(8), packet->GetSize() - (h[12] >> 4) * 4U};
}

void TandemTcpSocket::DoForwardUp(Ptr<Packet> packet, const Address& from, const Address& to) {
  const Ptr<TandemTcpSocket> self(this);
  const Segment segment = Peek(packet);
  const TcpStates_t before = m_state;
  const SequenceNumber32 unacknowledged = m_txBuffer->HeadSequence();
  m_probes = 0;
  if (before == LISTEN && (segment.flags & (TcpHeader::ACK | TcpHeader::RST)) == TcpHeader::ACK)
    return ResetStray(packet, segment, from, to);
  if (segment.flags & TcpHeader::RST) {
    if (before != LISTEN && before != TIME_WAIT && before != CLOSED) Reset(segment);
    return;
  }
  if (AnswerRepeated(segment)) return;

  const bool fin = (segment.flags & TcpHeader::FIN) != 0;
  if (fin) HideFin(packet);
  if (before == LAST_ACK || before == CLOSING)
    ReceivedWhileClosing(packet, segment, from, to);
  else
    TcpSocketBase::DoForwardUp(packet, from, to);
  if (fin) ReceivedFin(segment);
  if (m_txBuffer->HeadSequence() > unacknowledged) m_acknowledged_at = Simulator::Now();
  // The base does not count what a probe said: what is unacknowledged would be less than nothing.
  if (m_tcb->m_highTxMark < m_txBuffer->HeadSequence())
    m_tcb->m_highTxMark = m_txBuffer->HeadSequence();
  AfterSegment(before);
}

void TandemTcpSocket::ReceivedWhileClosing(Ptr<Packet> packet, const Segment& segment,
                                           const Address& from, const Address& to) {
  // The base takes any ACK for that of the FIN.
  const TcpStates_t before = m_state;
  if (segment.ack == m_txBuffer->TailSequence() + SequenceNumber32(1))
    return before == LAST_ACK ? CloseAndNotify() : TimeWait();
  m_state = CLOSE_WAIT;
  TcpSocketBase::DoForwardUp(packet, from, to);
  if (m_state == CLOSE_WAIT || m_state == LAST_ACK) m_state = before;
}

void TandemTcpSocket::HideFin(const Ptr<Packet>& packet) {
  // The base acknowledges less than came when a FIN brings data in FIN_WAIT, ignores what such a
  // segment acknowledges in ESTABLISHED, and closes for the application when the FIN's turn comes
  // after other data: it sees only what came before the FIN.
  TcpHeader header;
  packet->RemoveHeader(header);
  header.SetFlags(header.GetFlags() & ~TcpHeader::FIN);
  packet->AddHeader(header);
}

void TandemTcpSocket::ReceivedFin(const Segment& segment) {
  const auto at = segment.sequence + SequenceNumber32(segment.payload);
  const bool expected = m_state == ESTABLISHED || m_state == FIN_WAIT_1 || m_state == FIN_WAIT_2;
  if (!expected || at < m_tcb->m_rxBuffer->NextRxSequence() ||
      at > m_tcb->m_rxBuffer->MaxRxSequence())
    return;
  m_tcb->m_rxBuffer->SetFinSequence(at);
}

void TandemTcpSocket::ReceivedData(Ptr<Packet> packet, const TcpHeader& header) {
  TcpHeader without_close = header;  // see HideFin(); TurnOfFin() does it
  without_close.SetFlags(header.GetFlags() | TcpHeader::FIN);
  TcpSocketBase::ReceivedData(packet, without_close);
}

void TandemTcpSocket::TurnOfFin() {
  if (!PeerFinished()) return;
  if (m_state == ESTABLISHED) {
    m_state = CLOSE_WAIT;
    if (!std::exchange(m_closeNotified, true)) NotifyNormalClose();
  } else if (m_state == FIN_WAIT_1) {
    m_state = CLOSING;
  } else if (m_state == FIN_WAIT_2) {
    TimeWait();
  } else {
    return;
  }
  SendEmptyPacket(TcpHeader::ACK);
}

void TandemTcpSocket::Reset(const Segment& segment) {
  if (m_state != SYN_SENT) return Fail(Failure::RESET);
  const bool acknowledges_syn = (segment.flags & TcpHeader::ACK) != 0 &&
                                segment.ack == m_tcb->m_nextTxSequence + SequenceNumber32(1);
  if (acknowledges_syn) Fail(Failure::REFUSED);
}

bool TandemTcpSocket::AnswerRepeated(const Segment& segment) {
  const bool syn_ack =
      (segment.flags & (TcpHeader::SYN | TcpHeader::ACK)) == (TcpHeader::SYN | TcpHeader::ACK);
  if (syn_ack && m_state != SYN_SENT && m_state != SYN_RCVD && m_state != LISTEN &&
      m_state != CLOSED) {
    SendEmptyPacket(TcpHeader::ACK);  // ours was lost
    return true;
  }
  if ((segment.flags & TcpHeader::FIN) == 0) return false;
  if (m_state == TIME_WAIT || m_state == CLOSE_WAIT || m_state == CLOSING || m_state == LAST_ACK)
    SendEmptyPacket(TcpHeader::ACK);
  return m_state == TIME_WAIT;
}

void TandemTcpSocket::AfterSegment(TcpStates_t before) {
  if (before == SYN_RCVD && m_state != SYN_RCVD) {
    const auto backlog = m_backlog.lock();
    LeaveBacklog();
    if (m_connected && backlog)
      backlog->Accepted(this);
    else if (m_connected)
      return Abort();  // the listener closed in the meantime
  }
  TurnOfFin();
  if (m_rWnd.Get() != 0 && !m_first_persist_timeout.IsZero())
    m_persistTimeout = std::exchange(m_first_persist_timeout, Time(0));
  if (m_orphan)
    while (m_tcb->m_rxBuffer->Extract(~0U)) {
    }
  if (m_txBuffer->Size() == 0) {
    if (m_closeOnEmpty && (m_state == ESTABLISHED || m_state == CLOSE_WAIT)) DoClose();
    if (FinUnacknowledged() && m_retxEvent.IsExpired())
      m_retxEvent = Simulator::Schedule(m_rto, &TandemTcpSocket::SendEmptyPacket, this,
                                        std::uint8_t{TcpHeader::FIN});
  }
  if (m_orphan && m_state == FIN_WAIT_2 && m_end_event.IsExpired())
    m_end_event = Simulator::Schedule(m_fin_timeout, &TandemTcpSocket::Forget, this);
  if (!m_timewaitEvent.IsExpired()) {  // the base would forget without telling
    m_timewaitEvent.Cancel();
    m_end_event.Cancel();
    m_end_event = Simulator::Schedule(Seconds(2 * m_msl), &TandemTcpSocket::Forget, this);
  }
  ProbeSmallWindow();
  if (m_endPoint == nullptr) Unregister();
  Changed();
}

Ptr<Packet> TandemTcpSocket::Recv(std::uint32_t max_size, std::uint32_t flags) {
  const std::uint32_t advertised = m_advWnd.Get();
  const Ptr<Packet> packet = TcpSocketBase::Recv(max_size, flags);
  const std::uint32_t worth_telling =
      std::min(2 * m_tcb->m_segmentSize, m_tcb->m_rxBuffer->MaxBufferSize() / 2);
  if (packet && m_connected && advertised < worth_telling && !m_tcb->m_rxBuffer->GotFin() &&
      m_tcb->m_rxBuffer->MaxRxSequence() - m_tcb->m_rxBuffer->NextRxSequence() >=
          static_cast<std::int32_t>(worth_telling))
    SendEmptyPacket(TcpHeader::ACK);
  return packet;
}

}  // namespace ns3
