// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "tandem/core/ids.hpp"

#include <ns3/inet-socket-address.h>

namespace tandem::packet {

inline ns3::Ipv4Address to_ipv4(const endpoint& at) {
  return ns3::Ipv4Address(std::uint32_t{at.address[0]} << 24 | std::uint32_t{at.address[1]} << 16 |
                          std::uint32_t{at.address[2]} << 8 | at.address[3]);
}

inline endpoint to_endpoint(ns3::Ipv4Address address, std::uint16_t port) {
  const std::uint32_t a = address.Get();
  return endpoint::v4(static_cast<std::uint8_t>(a >> 24), static_cast<std::uint8_t>(a >> 16),
                      static_cast<std::uint8_t>(a >> 8), static_cast<std::uint8_t>(a), port);
}

inline endpoint to_endpoint(const ns3::Address& address) {
  const auto inet = ns3::InetSocketAddress::ConvertFrom(address);
  return to_endpoint(inet.GetIpv4(), inet.GetPort());
}

}  // namespace tandem::packet
