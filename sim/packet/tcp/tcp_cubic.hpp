// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <ns3/tcp-cubic.h>

namespace ns3 {

/// TcpCubic with the region of RFC 8312, 4.2, that ns-3.37 leaves out and Linux has: never slower
/// than standard TCP. Without it 20 ms and 1 % loss give half of what they should.
class TandemTcpCubic : public TcpCubic {
 public:
  static TypeId GetTypeId();
  TypeId GetInstanceTypeId() const override { return GetTypeId(); }

  void IncreaseWindow(Ptr<TcpSocketState> tcb, std::uint32_t segments_acked) override;
  std::uint32_t GetSsThresh(Ptr<const TcpSocketState> tcb, std::uint32_t in_flight) override;
  Ptr<TcpCongestionOps> Fork() override { return CopyObject<TandemTcpCubic>(this); }

 private:
  double m_standard = 0;  // window of standard TCP in segments; 0: not since the last loss
};

}  // namespace ns3
