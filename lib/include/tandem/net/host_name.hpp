// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace tandem {

/// What a multiaddr has in the place of a numeric address (multiformats, protocols 53 to 56).
enum class name_kind : std::uint8_t {
  dns,      ///< the addresses of the name, IPv6 and IPv4
  dns4,     ///< those of IPv4
  dns6,     ///< those of IPv6
  dnsaddr,  ///< whatever multiaddrs the TXT records of `_dnsaddr.NAME` have
};

/// A name that stands for addresses of a peer; without one, nothing is to be looked up.
struct host_name {
  name_kind kind = name_kind::dns;
  std::string name;
  std::uint16_t port = 0;  ///< dnsaddr has none
  friend bool operator==(const host_name&, const host_name&) = default;
};

}  // namespace tandem
