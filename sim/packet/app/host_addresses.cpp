// SPDX-License-Identifier: GPL-2.0-only
#include "app/host_addresses.hpp"

#include "seam/addresses.hpp"

#include <ns3/ipv4.h>
#include <ns3/ipv6.h>

#include <algorithm>

namespace tandem::packet {

namespace {

/// Calls `each` with every address of the interfaces of `ip` that are up, but for the loopback.
void each_address(const auto& ip, const auto& each) {
  if (!ip) return;
  for (std::uint32_t i = 1; i < ip->GetNInterfaces(); ++i)
    for (std::uint32_t k = 0; ip->IsUp(i) && k < ip->GetNAddresses(i); ++k)
      each(ip->GetAddress(i, k));
}

void each_ipv4(const ns3::Node& host, const auto& each) {
  each_address(host.GetObject<ns3::Ipv4>(), each);
}

void each_ipv6(const ns3::Node& host, const auto& each) {
  each_address(host.GetObject<ns3::Ipv6>(), [&each](const ns3::Ipv6InterfaceAddress& own) {
    if (own.GetScope() == ns3::Ipv6InterfaceAddress::GLOBAL) each(own);
  });
}

bool on_a_network_of(const ns3::Node& host, const endpoint& at) {
  bool found = false;
  if (at.v6)
    each_ipv6(host, [&](const auto& own) { found |= own.IsInSameSubnet(to_ipv6(at)); });
  else
    each_ipv4(host, [&](const auto& own) { found |= own.IsInSameSubnet(to_ipv4(at)); });
  return found;
}

}  // namespace

std::vector<endpoint> addresses_of(const ns3::Node& host, std::uint16_t port) {
  std::vector<endpoint> found;
  each_ipv4(host, [&](const auto& own) { found.push_back(to_endpoint(own.GetLocal(), port)); });
  each_ipv6(host, [&](const auto& own) { found.push_back(to_endpoint(own.GetAddress(), port)); });
  return found;
}

std::vector<endpoint> within_reach(const ns3::Node& host, std::vector<endpoint> to) {
  const auto own = addresses_of(host, 0);
  std::erase_if(to, [&own](const endpoint& other) {
    return std::none_of(own.begin(), own.end(),
                        [&other](const endpoint& one) { return one.v6 == other.v6; });
  });
  std::stable_partition(to.begin(), to.end(),
                        [&host](const endpoint& at) { return on_a_network_of(host, at); });
  return to;
}

}  // namespace tandem::packet
