// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::sim {

/// When SYNs are sent, in the words of Linux's sysctls.
struct syn_schedule {
  duration initial_rto = std::chrono::seconds(1);
  unsigned retries = 6;          ///< tcp_syn_retries: retransmissions that double the wait
  unsigned linear_timeouts = 0;  ///< tcp_syn_linear_timeouts: more of them before, that do not

  friend bool operator==(const syn_schedule&, const syn_schedule&) = default;
};

/// How the TCP of an operating system times its retransmissions: the same on every level that
/// models one. At loopback the machine's own kernel decides; no SYN is lost there, and a port where
/// nobody listens refuses at once.
struct tcp_profile {
  std::string name{};
  syn_schedule schedule{};         ///< what `syn_at` is made of, unless it was given by itself
  std::vector<duration> syn_at{};  ///< when SYNs are sent, counted from the first, which is at 0
  duration gives_up_at{};          ///< counted from there as well
  duration rto_min{};              ///< least retransmission timeout of an established connection
  duration rto_margin{};           ///< and its least margin over the round trip
  duration syn_ack_timeout{};      ///< until a listener repeats its SYN-ACK; doubles from there
  unsigned syn_ack_count = 0;      ///< SYN-ACKs that a listener sends by itself, the first included
  /// Who decides the window, one of congestion_controls(); Cubic wherever packets are modelled.
  std::string congestion = "cubic";

  friend bool operator==(const tcp_profile&, const tcp_profile&) = default;
};

/// What `congestion` may be: those of ns-3 that need nothing of the network.
std::span<const std::string> congestion_controls() noexcept;

/// Sets `schedule` and what follows from it: when `of` sends SYNs and gives up.
void set_schedule(tcp_profile& of, const syn_schedule& schedule);

/// Linux 3.7 to 6.4: SYN at 0 1 3 7 15 31 63 s, fails at 127 s (net.ipv4.tcp_syn_retries = 6).
const tcp_profile& linux_legacy() noexcept;
/// ns-3.37 defaults: SYN at 0 3 9 21 45 93 s, fails at 189 s.
const tcp_profile& ns3_default() noexcept;

/// Every profile that has a name; linux_legacy() is the first.
std::span<const tcp_profile> tcp_profiles() noexcept;
/// The profile called `name`, or null.
const tcp_profile* tcp_profile_named(std::string_view name) noexcept;

}  // namespace tandem::sim
