// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "tandem/core/ids.hpp"

#include <ns3/inet-socket-address.h>
#include <ns3/inet6-socket-address.h>

namespace tandem::packet {

inline ns3::Ipv4Address to_ipv4(const endpoint& at) {
  return ns3::Ipv4Address(std::uint32_t{at.address[0]} << 24 | std::uint32_t{at.address[1]} << 16 |
                          std::uint32_t{at.address[2]} << 8 | at.address[3]);
}

inline ns3::Ipv6Address to_ipv6(const endpoint& at) {
  auto bytes = at.address;  // ns-3 takes no constant
  return ns3::Ipv6Address(bytes.data());
}

inline ns3::Address to_address(const endpoint& at) {
  if (at.v6) return ns3::Inet6SocketAddress(to_ipv6(at), at.port);
  return ns3::InetSocketAddress(to_ipv4(at), at.port);
}

inline endpoint to_endpoint(ns3::Ipv4Address address, std::uint16_t port) {
  const std::uint32_t a = address.Get();
  return endpoint::v4(static_cast<std::uint8_t>(a >> 24), static_cast<std::uint8_t>(a >> 16),
                      static_cast<std::uint8_t>(a >> 8), static_cast<std::uint8_t>(a), port);
}

inline endpoint to_endpoint(ns3::Ipv6Address address, std::uint16_t port) {
  endpoint made{{}, port, true};
  address.GetBytes(made.address.data());
  return made;
}

inline endpoint to_endpoint(const ns3::Address& address) {
  if (ns3::Inet6SocketAddress::IsMatchingType(address)) {
    const auto inet = ns3::Inet6SocketAddress::ConvertFrom(address);
    return to_endpoint(inet.GetIpv6(), inet.GetPort());
  }
  const auto inet = ns3::InetSocketAddress::ConvertFrom(address);
  return to_endpoint(inet.GetIpv4(), inet.GetPort());
}

}  // namespace tandem::packet
