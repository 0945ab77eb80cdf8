// SPDX-License-Identifier: GPL-2.0-only
#include "tcp/tcp_cubic.hpp"

#include <ns3/simulator.h>
#include <ns3/tcp-socket-state.h>

namespace ns3 {

NS_OBJECT_ENSURE_REGISTERED(TandemTcpCubic);

namespace {

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

void TandemTcpCubic::IncreaseWindow(Ptr<TcpSocketState> tcb, std::uint32_t segments_acked) {
  if (tcb->m_cWnd < tcb->m_ssThresh) return TcpCubic::IncreaseWindow(tcb, segments_acked);
  const tandem::duration round_trip(tcb->m_lastRtt.Get().GetNanoSeconds());
  const tandem::time_point now{tandem::duration(Simulator::Now().GetNanoSeconds())};
  const double window = m_cubic.grown(segments(*tcb), segments_acked, now, round_trip);
  tcb->m_cWnd = static_cast<std::uint32_t>(window) * tcb->m_segmentSize;
}

std::uint32_t TandemTcpCubic::GetSsThresh(Ptr<const TcpSocketState> tcb, std::uint32_t) {
  return static_cast<std::uint32_t>(m_cubic.reduced(segments(*tcb))) * tcb->m_segmentSize;
}

}  // namespace ns3
