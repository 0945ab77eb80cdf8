// SPDX-License-Identifier: GPL-2.0-only
#include "tcp/tcp_cubic.hpp"

#include <ns3/tcp-socket-state.h>

namespace ns3 {

NS_OBJECT_ENSURE_REGISTERED(TandemTcpCubic);

TypeId TandemTcpCubic::GetTypeId() {
  static TypeId id = TypeId("ns3::TandemTcpCubic")
                         .SetParent<TcpCubic>()
                         .SetGroupName("Tandem")
                         .AddConstructor<TandemTcpCubic>();
  return id;
}

void TandemTcpCubic::IncreaseWindow(Ptr<TcpSocketState> tcb, std::uint32_t segments_acked) {
  const bool avoids_congestion = tcb->m_cWnd >= tcb->m_ssThresh;
  const double window = tcb->GetCwndInSegments();
  TcpCubic::IncreaseWindow(tcb, segments_acked);
  if (!avoids_congestion) return;
  // RFC 8312, equation 4: 3 (1 - beta) / (1 + beta) segments a round trip. Standard TCP counts
  // acknowledgements, of which there is one for two segments.
  constexpr double beta = 0.7;  // TcpCubic's default
  if (m_standard == 0) m_standard = window;
  m_standard += 3 * (1 - beta) / (1 + beta) * segments_acked / (2 * window);
  const auto standard = static_cast<std::uint32_t>(m_standard) * tcb->m_segmentSize;
  if (standard > tcb->m_cWnd) tcb->m_cWnd = standard;
}

std::uint32_t TandemTcpCubic::GetSsThresh(Ptr<const TcpSocketState> tcb, std::uint32_t in_flight) {
  m_standard = 0;
  return TcpCubic::GetSsThresh(tcb, in_flight);
}

}  // namespace ns3
