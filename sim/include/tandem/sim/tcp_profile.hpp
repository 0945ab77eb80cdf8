// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace tandem::sim {

/// When a kernel sends its SYNs and when it gives up, counted from the first SYN.
struct tcp_profile {
  std::string_view name;
  std::span<const duration> syn_at;  ///< the first is 0
  duration gives_up_at;
  duration rto_min;                  ///< least retransmission timeout of an established connection
  // For ns-3's TcpSocket attributes, which give exactly this schedule.
  duration ns3_connect_timeout;
  unsigned ns3_connect_count;
};

/// Linux 3.7 to 6.4: SYN at 0 1 3 7 15 31 63 s, fails at 127 s (net.ipv4.tcp_syn_retries = 6).
const tcp_profile& linux_legacy() noexcept;
/// ns-3.37 defaults: SYN at 0 3 9 21 45 93 s, fails at 189 s.
const tcp_profile& ns3_default() noexcept;

std::span<const tcp_profile> tcp_profiles() noexcept;
/// The profile called `name`, or null.
const tcp_profile* tcp_profile_named(std::string_view name) noexcept;

}  // namespace tandem::sim
