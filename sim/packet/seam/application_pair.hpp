// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "tandem/sim/fabric.hpp"

#include <cstdint>
#include <memory>

namespace tandem::packet {

enum class family : std::uint8_t { ipv4, ipv6 };

/// Two hosts with one family alone and ns-3's own TcpL4Protocol, as TandemNodes may have them, on
/// one link. For rehearsals: of options.links latency (that from 0 to 1, for both ways), `cut` and
/// `counters` count, and nothing beside tcp of the other options. The methods that break or
/// change something throw std::logic_error. Takes ns-3 as make_packet_fabric() does.
std::unique_ptr<sim::fabric> make_application_pair(family over, sim::fabric_options options);

}  // namespace tandem::packet
