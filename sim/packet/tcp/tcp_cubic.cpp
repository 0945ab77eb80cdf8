// SPDX-License-Identifier: GPL-2.0-only
#include "tcp/tcp_cubic.hpp"

#include <ns3/simulator.h>
#include <ns3/tcp-socket-state.h>

#include <algorithm>
#include <cmath>

namespace ns3 {

NS_OBJECT_ENSURE_REGISTERED(TandemTcpCubic);

namespace {

// RFC 8312, 5.
constexpr double c = 0.4;
constexpr double beta = 0.7;

double segments(const TcpSocketState& tcb) {
  return static_cast<double>(tcb.m_cWnd) / tcb.m_segmentSize;
}

}  // namespace

TypeId TandemTcpCubic::GetTypeId() {
  static TypeId id = TypeId("ns3::TandemTcpCubic")
                         .SetParent<TcpCubic>()
                         .SetGroupName("Tandem")
                         .AddConstructor<TandemTcpCubic>();
  return id;
}

void TandemTcpCubic::BeginEpoch(const TcpSocketState& tcb) {
  m_epoch = Simulator::Now();
  m_window = m_standard = segments(tcb);
  m_origin = std::max(m_largest, m_window);
  m_k = std::cbrt((m_origin - m_window) / c);
}

void TandemTcpCubic::IncreaseWindow(Ptr<TcpSocketState> tcb, std::uint32_t segments_acked) {
  if (tcb->m_cWnd < tcb->m_ssThresh) return TcpCubic::IncreaseWindow(tcb, segments_acked);
  if (m_window == 0) BeginEpoch(*tcb);
  const double t = (Simulator::Now() + tcb->m_lastRtt.Get() - m_epoch).GetSeconds();
  const double target = std::min(c * std::pow(t - m_k, 3) + m_origin, 1.5 * m_window);
  const double round_trips = segments_acked / m_window;
  // Equation 4: 3 (1 - beta) / (1 + beta) segments a round trip. Standard TCP counts
  // acknowledgements, of which there is one for two segments.
  m_standard += 3 * (1 - beta) / (1 + beta) / 2 * round_trips;
  m_window += std::max(target - m_window, 0.0) * round_trips;
  m_window = std::max(m_window, m_standard);
  tcb->m_cWnd = static_cast<std::uint32_t>(m_window) * tcb->m_segmentSize;
}

std::uint32_t TandemTcpCubic::GetSsThresh(Ptr<const TcpSocketState> tcb, std::uint32_t) {
  const double window = segments(*tcb);
  m_largest = window < m_largest ? window * (1 + beta) / 2 : window;  // 4.6
  m_window = 0;
  return std::max(static_cast<std::uint32_t>(window * beta), 2U) * tcb->m_segmentSize;
}

}  // namespace ns3
