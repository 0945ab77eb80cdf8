// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "tandem/core/ids.hpp"

#include <ns3/node.h>

#include <cstdint>
#include <vector>

namespace tandem::packet {

/// Every address that others may reach `host` at, with `port`: of each interface that is up, IPv4's
/// first, without loopback and without those that hold on one link alone.
std::vector<endpoint> addresses_of(const ns3::Node& host, std::uint16_t port);

/// Of `to` what `host` may try: the addresses of families that it has one of, those on a network of
/// its own first.
std::vector<endpoint> within_reach(const ns3::Node& host, std::vector<endpoint> to);

}  // namespace tandem::packet
