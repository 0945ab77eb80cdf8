// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "tandem/sim/tcp_profile.hpp"
#include "tcp/tcp_socket.hpp"

#include <ns3/node.h>
#include <ns3/nstime.h>
#include <ns3/socket-factory.h>

namespace ns3 {

/// What the congestion control of some sockets draws, if it does, is of this seed, the node and how
/// many of them drew before.
struct TandemTcpDraws {
  std::uint64_t seed = 1;
  std::uint64_t sockets = 0;
};

/// Makes TandemTcpSockets on the node it is aggregated to. Its attributes are the values of those
/// of TcpSocket that follow an operating system; Cubic, SACK, window scaling and timestamps are on.
class TandemTcpSocketFactory : public SocketFactory {
 public:
  static TypeId GetTypeId();

  /// The factory of `node`, made and aggregated when it has none.
  static Ptr<TandemTcpSocketFactory> Of(Ptr<Node> node);
  /// Takes the SYN schedule and the timers of an operating system, whatever the attributes say.
  void SetProfile(const tandem::sim::tcp_profile& profile);
  /// Of the draws of all sockets that are not made with draws of their own.
  void SetSeed(std::uint64_t seed) { m_draws.seed = seed; }

  /// Its sockets do without their trace sources (TandemTcpSocket::ForgoTraces).
  void ForgoTraces() { m_traceless = true; }

  Ptr<Socket> CreateSocket() override;
  /// For IPv6 with segments 20 bytes shorter, as its header is longer.
  Ptr<TandemTcpSocket> CreateTcp(bool ipv6, TandemTcpDraws& draws);
  Ptr<TandemTcpSocket> CreateTcp() { return CreateTcp(false, m_draws); }

 private:
  Ptr<TcpCongestionOps> CreateCongestionControl(TandemTcpDraws& draws);

  Time m_connect_timeout;
  std::uint32_t m_connect_count = 0;
  std::uint32_t m_syn_ack_count = 0;
  std::shared_ptr<const std::vector<Time>> m_syn_waits;
  Time m_min_rto;
  Time m_rto_granularity;
  std::uint32_t m_data_retries = 0;
  Time m_delayed_ack;
  Time m_time_wait;
  std::uint32_t m_segment_size = 0;
  TypeId m_congestion;
  bool m_traceless = false;
  TandemTcpDraws m_draws;
};

}  // namespace ns3
