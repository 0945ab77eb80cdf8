// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <ns3/address.h>
#include <ns3/nstime.h>

#include <cstdint>
#include <string>

namespace ns3 {

/// What a TandemNode tells its application, whole. Fields that do not apply are as here.
struct TandemNotification {
  std::string kind;      ///< the trace source of its own: `ConnectionClosed`
  std::string cause;     ///< `LimitReached`, `IdleTimeout`, …; `None`
  std::string text;      ///< the cause with its numbers: `LimitReached{limit: 3, current: 3}`
  std::string peer;      ///< base58btc
  bool inbound = false;  ///< of a connection that the peer dialled
  std::uint64_t connection = 0;  ///< names one connection of this node, from the first packet on
  std::uint64_t request = 0;     ///< names one dial of this node
  std::uint64_t current = 0;     ///< the count a limit was compared with
  std::uint64_t limit = 0;       ///< that limit
  std::uint32_t failures = 0;    ///< in a row, of the peer; LivenessLost: probes missed
  Time ceiling;                  ///< the backoff's, at most; LivenessLost: wait for each probe
  Time until = Time::Max();      ///< when a refusal or a backoff ends
  Address where;                 ///< InetSocketAddress or Inet6SocketAddress of the other end
  std::uint32_t untried = 0;     ///< DialFailed: addresses that had no turn
};

}  // namespace ns3
