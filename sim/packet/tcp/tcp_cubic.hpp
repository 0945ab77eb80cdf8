// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <ns3/nstime.h>
#include <ns3/tcp-cubic.h>

namespace ns3 {

/// Congestion avoidance of RFC 8312 in real numbers; slow start is TcpCubic's. ns-3.37 leaves out
/// the region in which Cubic is as fast as standard TCP (4.2), and rounds the target up by as much
/// as a segment (4.1): at 20 ms, 1 % loss gave half of Padhye's formula, and 5 % a quarter too
/// much.
class TandemTcpCubic : public TcpCubic {
 public:
  static TypeId GetTypeId();
  TypeId GetInstanceTypeId() const override { return GetTypeId(); }

  void IncreaseWindow(Ptr<TcpSocketState> tcb, std::uint32_t segments_acked) override;
  std::uint32_t GetSsThresh(Ptr<const TcpSocketState> tcb, std::uint32_t in_flight) override;
  Ptr<TcpCongestionOps> Fork() override { return CopyObject<TandemTcpCubic>(this); }

 private:
  void BeginEpoch(const TcpSocketState& tcb);

  // In segments.
  double m_largest = 0;   // window before the last reduction
  double m_window = 0;    // as the epoch has it; 0: none since the last reduction
  double m_standard = 0;  // of standard TCP meanwhile
  double m_origin = 0;    // plateau of the cubic function
  double m_k = 0;         // seconds from the epoch's begin to the plateau
  Time m_epoch;
};

}  // namespace ns3
