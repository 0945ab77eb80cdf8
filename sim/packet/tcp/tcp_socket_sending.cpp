// SPDX-License-Identifier: GPL-2.0-only
// What a TandemTcpSocket sends, and when it gives up.
#include "tcp/tcp_l4_protocol.hpp"
#include "tcp/tcp_socket.hpp"

#include <ns3/simulator.h>
#include <ns3/tcp-header.h>
#include <ns3/tcp-rx-buffer.h>
#include <ns3/tcp-tx-buffer.h>

#include <algorithm>

namespace ns3 {

int TandemTcpSocket::Send(Ptr<Packet> packet, std::uint32_t flags) {
  if (m_shutdownSend) {
    m_errno = ERROR_SHUTDOWN;
    return -1;
  }
  const int taken = TcpSocketBase::Send(packet, flags);
  ProbeSmallWindow();
  return taken;
}

std::uint32_t TandemTcpSocket::GetUnsent() const {
  const auto rest =
      m_txBuffer->TailSequence() - std::max(m_tcb->m_highTxMark.Get(), m_txBuffer->HeadSequence());
  if (rest <= 0) return 0;
  const auto unsent = static_cast<std::uint32_t>(rest);
  // The base collects what is sent in one instant.
  return !m_sendPendingDataEvent.IsExpired() ? unsent - std::min(unsent, AvailableWindow())
                                             : unsent;
}

Time TandemTcpSocket::GetSinceSent() const {
  return m_sent_at.IsZero() ? m_sent_at : Simulator::Now() - m_sent_at;
}

Time TandemTcpSocket::GetSinceAcknowledged() const {
  return m_acknowledged_at.IsZero() ? m_acknowledged_at : Simulator::Now() - m_acknowledged_at;
}

void TandemTcpSocket::ProbeSmallWindow() {
  // The base probes a window of nothing only. One too small for a segment stops it as well, and
  // the update that opens it may be lost (RFC 1122, 4.2.3.4).
  const bool stuck = m_connected && m_txBuffer->Size() > m_rWnd && m_rWnd < m_tcb->m_segmentSize &&
                     UnAckDataCount() == 0;
  if (!stuck || !m_persistEvent.IsExpired()) return;
  m_retxEvent.Cancel();
  m_persistEvent = Simulator::Schedule(m_persistTimeout, &TandemTcpSocket::PersistTimeout, this);
}

void TandemTcpSocket::LimitNewData() {
  m_txBuffer->SetRWndCallback(MakeCallback(&TandemTcpSocket::WindowForNewData, this));
}

std::uint32_t TandemTcpSocket::WindowForNewData() const {
  // TcpTxBuffer::NextSeg compares what was sent and not acknowledged with `<=`: at the very end of
  // the window it would offer a segment of no bytes, which the rate sampler cannot bear.
  const std::uint32_t sent = m_txBuffer->BytesInFlight() + m_txBuffer->GetSacked() +
                             m_txBuffer->GetLost() - m_txBuffer->GetRetransmitsCount();
  return m_rWnd > sent || sent == 0 ? m_rWnd.Get() : sent - 1;
}

std::uint32_t TandemTcpSocket::SendDataPacket(SequenceNumber32 sequence, std::uint32_t size,
                                              bool with_ack) {
  // The base forgets that data acknowledges too, and then echoes timestamps of long ago.
  if (with_ack) m_highTxAck = m_tcb->m_rxBuffer->NextRxSequence();
  if (sequence + SequenceNumber32(size) > m_tcb->m_highTxMark) m_sent_at = Simulator::Now();
  return TcpSocketBase::SendDataPacket(sequence, size, with_ack);
}

void TandemTcpSocket::SendEmptyPacket(std::uint8_t flags) {
  if ((flags & TcpHeader::SYN) && m_synCount == 0) return Fail(Failure::TIMED_OUT);
  if ((flags & (TcpHeader::SYN | TcpHeader::ACK)) == TcpHeader::SYN)
    if (const auto tcp = Hashed()) tcp->SentSyn();
  if ((flags & TcpHeader::FIN) == 0) {
    const Time backed_off = m_rto;  // which the base forgets at each acknowledgement it sends
    TcpSocketBase::SendEmptyPacket(flags);
    if ((flags & TcpHeader::SYN) == 0) m_rto = backed_off;
    if (flags == TcpHeader::SYN && m_syn_waits) {  // the base doubles its wait
      m_retxEvent.Cancel();
      m_rto = m_syn_waits->at(m_synRetries - m_synCount - 1);
      m_retxEvent = Simulator::Schedule(m_rto, &TandemTcpSocket::SendEmptyPacket, this, flags);
    }
    return;
  }
  // As Linux: an end that is still read keeps trying as long as with data.
  if (m_fin_tries > (m_orphan ? m_fin_retries : m_dataRetries)) return Fail(Failure::TIMED_OUT);
  TcpSocketBase::SendEmptyPacket(flags);
  if (m_txBuffer->Size() != 0) return;  // its retransmission comes first
  const Time wait =
      std::min(m_rto.Get() * (std::int64_t{1} << std::min<int>(m_fin_tries, 16)), Seconds(60));
  ++m_fin_tries;
  m_retxEvent.Cancel();
  m_retxEvent = Simulator::Schedule(wait, &TandemTcpSocket::SendEmptyPacket, this, flags);
}

void TandemTcpSocket::ReTxTimeout() {
  const Ptr<TandemTcpSocket> self(this);
  const bool gives_up = m_dataRetrCount == 0 && m_state != SYN_SENT && m_state != CLOSED &&
                        m_state != TIME_WAIT && m_txBuffer->Size() != 0;
  if (gives_up) return Fail(Failure::TIMED_OUT);
  TcpSocketBase::ReTxTimeout();
  // The base waits for a larger window also with what it sends again, and then for ever.
  const bool held_back = m_retxEvent.IsExpired() && UnAckDataCount() > 0;
  if (held_back && m_txBuffer->Size() > 0) DoRetransmit();
}

void TandemTcpSocket::PersistTimeout() {
  const Ptr<TandemTcpSocket> self(this);
  if (m_txBuffer->SizeFromSequence(m_tcb->m_nextTxSequence) == 0) return;
  if (m_probes >= m_dataRetries) return Fail(Failure::TIMED_OUT);
  ++m_probes;
  if (m_first_persist_timeout.IsZero()) m_first_persist_timeout = m_persistTimeout;
  TcpSocketBase::PersistTimeout();
}

}  // namespace ns3
