// SPDX-License-Identifier: MIT
#include "tandem/sim/tcp_profile.hpp"

#include <array>

namespace tandem::sim {

using namespace std::chrono_literals;

namespace {

// Linux: initial RTO 1 s (RFC 6298, section 2.1), doubled; net.ipv4.tcp_syn_retries = 6.
constexpr std::array<duration, 7> linux_syns = {0s, 1s, 3s, 7s, 15s, 31s, 63s};
// ns-3.37 TcpSocket: ConnTimeout 3 s, doubled, ConnCount 6.
constexpr std::array<duration, 6> ns3_syns = {0s, 3s, 9s, 21s, 45s, 93s};

constexpr std::array<tcp_profile, 2> profiles = {{
    {"linux-legacy", linux_syns, 127s, 200ms, 1s, 7},  // TCP_RTO_MIN 200 ms
    {"ns3-default", ns3_syns, 189s, 1s, 3s, 6},        // TcpSocketBase::MinRto 1 s
}};

}  // namespace

const tcp_profile& linux_legacy() noexcept { return profiles[0]; }
const tcp_profile& ns3_default() noexcept { return profiles[1]; }

std::span<const tcp_profile> tcp_profiles() noexcept { return profiles; }

const tcp_profile* tcp_profile_named(std::string_view name) noexcept {
  for (const tcp_profile& p : profiles)
    if (p.name == name) return &p;
  return nullptr;
}

}  // namespace tandem::sim
