// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "kernel/cubic.hpp"

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
  tandem::sim::cubic m_cubic;
};

}  // namespace ns3
