// SPDX-License-Identifier: GPL-2.0-only
// How a TandemTcpSocket is made, and how it ends.
#include "tcp/tcp_socket.hpp"

#include <ns3/inet-socket-address.h>
#include <ns3/ipv4-end-point.h>
#include <ns3/rtt-estimator.h>
#include <ns3/simulator.h>
#include <ns3/tcp-header.h>
#include <ns3/tcp-rx-buffer.h>
#include <ns3/tcp-tx-buffer.h>
#include <ns3/uinteger.h>

#include <algorithm>

namespace ns3 {

NS_OBJECT_ENSURE_REGISTERED(TandemTcpSocket);

TypeId TandemTcpSocket::GetTypeId() {
  static TypeId id =
      TypeId("ns3::TandemTcpSocket")
          .SetParent<TcpSocketBase>()
          .SetGroupName("Tandem")
          .AddConstructor<TandemTcpSocket>()
          .AddAttribute("FinRetries",
                        "How often a closed socket sends its FIN again before the connection has "
                        "timed out (Linux "
                        "tcp_orphan_retries: 8).",
                        UintegerValue(8), MakeUintegerAccessor(&TandemTcpSocket::m_fin_retries),
                        MakeUintegerChecker<std::uint32_t>(0, 100))
          .AddAttribute("FinTimeout",
                        "How long a closed socket waits for the peer's FIN (Linux "
                        "tcp_fin_timeout: 60 s).",
                        TimeValue(Seconds(60)), MakeTimeAccessor(&TandemTcpSocket::m_fin_timeout),
                        MakeTimeChecker(Time(0)));
  return id;
}

TandemTcpSocket::TandemTcpSocket() { LimitNewData(); }

TandemTcpSocket::TandemTcpSocket(const TandemTcpSocket& other)
    : TcpSocketBase(other),
      m_backlog(other.m_backlog),
      m_syn_waits(other.m_syn_waits),
      m_fin_retries(other.m_fin_retries),
      m_fin_timeout(other.m_fin_timeout) {
  LimitNewData();
}

TandemTcpSocket::~TandemTcpSocket() {
  LeaveBacklog();
  Detach();
}

void TandemTcpSocket::SetTimers(const Timers& timers) {
  m_cnTimeout = timers.connect_timeout;
  m_synRetries = timers.connect_count;
  m_syn_ack_count = timers.syn_ack_count;
  m_syn_waits = timers.syn_waits;
  m_minRto = timers.min_rto;
  m_clockGranularity = timers.rto_granularity;
  m_dataRetries = timers.data_retries;
  m_delAckTimeout = timers.delayed_ack;
  m_msl = timers.time_wait.GetSeconds() / 2;
}

void TandemTcpSocket::ForgoTraces() {
  m_traceless = true;
  // The base connects each of these to itself, to pass it on: half of what an idle socket holds.
  const auto forgo = [this](auto& value, auto update) {
    value.DisconnectWithoutContext(MakeCallback(update, static_cast<TcpSocketBase*>(this)));
  };
  forgo(m_tcb->m_pacingRate, &TcpSocketBase::UpdatePacingRateTrace);
  forgo(m_tcb->m_cWnd, &TcpSocketBase::UpdateCwnd);
  forgo(m_tcb->m_cWndInfl, &TcpSocketBase::UpdateCwndInfl);
  forgo(m_tcb->m_ssThresh, &TcpSocketBase::UpdateSsThresh);
  forgo(m_tcb->m_congState, &TcpSocketBase::UpdateCongState);
  forgo(m_tcb->m_ecnState, &TcpSocketBase::UpdateEcnState);
  forgo(m_tcb->m_highTxMark, &TcpSocketBase::UpdateHighTxMark);
  forgo(m_tcb->m_nextTxSequence, &TcpSocketBase::UpdateNextTxSequence);
  forgo(m_tcb->m_bytesInFlight, &TcpSocketBase::UpdateBytesInFlight);
  forgo(m_tcb->m_lastRtt, &TcpSocketBase::UpdateRtt);
}

Ptr<TcpSocketBase> TandemTcpSocket::Fork() {
  const auto child = CopyObject<TandemTcpSocket>(this);
  child->m_synRetries = m_syn_ack_count;  // its SYN is one with an ACK
  if (m_traceless) child->ForgoTraces();
  if (const auto backlog = m_backlog.lock()) {
    child->m_half_open = true;
    ++backlog->half_open;
  }
  return child;
}

void TandemTcpSocket::LeaveBacklog() {
  if (!std::exchange(m_half_open, false)) return;
  if (const auto backlog = m_backlog.lock()) --backlog->half_open;
}

bool TandemTcpSocket::FinUnacknowledged() const {
  return m_state == FIN_WAIT_1 || m_state == CLOSING || m_state == LAST_ACK;
}

void TandemTcpSocket::Fail(Failure why) {
  const Ptr<TandemTcpSocket> self(this);
  const bool connecting = m_state == SYN_SENT;
  m_failure = why;
  Forget();
  LeaveBacklog();
  if (!std::exchange(m_closeNotified, true)) {
    if (connecting)
      NotifyConnectionFailed();
    else
      NotifyErrorClose();
  }
  Changed();
}

void TandemTcpSocket::Forget() {
  const Ptr<TandemTcpSocket> self(this);
  m_end_event.Cancel();
  m_state = CLOSED;
  DeallocateEndPoint();
  Unregister();
}

void TandemTcpSocket::Abort(bool tells) {
  const Ptr<TandemTcpSocket> self(this);
  m_observer = nullptr;
  if (m_state == TIME_WAIT) return;  // over on both sides
  if (tells && m_state != SYN_SENT && m_state != CLOSED) SendEmptyPacket(TcpHeader::RST);
  Forget();
}

void TandemTcpSocket::FinishSending() {
  m_shutdownSend = true;
  if (m_txBuffer->SizeFromSequence(m_tcb->m_nextTxSequence) > 0)
    m_closeOnEmpty = true;  // the last segment takes the FIN along
  else
    DoClose();
}

int TandemTcpSocket::ShutdownSend() {
  if (!m_shutdownSend && (m_state == ESTABLISHED || m_state == CLOSE_WAIT)) FinishSending();
  return 0;
}

int TandemTcpSocket::Close() {
  const Ptr<TandemTcpSocket> self(this);
  if (m_state == LISTEN) {
    Forget();
    return 0;
  }
  Orphan();
  if (!m_shutdownSend) FinishSending();
  return 0;
}

void TandemTcpSocket::Orphan() {
  m_orphan = true;
  while (m_tcb->m_rxBuffer->Extract(~0U)) {
  }
  if (m_state == FIN_WAIT_2)
    m_end_event = Simulator::Schedule(m_fin_timeout, &TandemTcpSocket::Forget, this);
}

}  // namespace ns3
