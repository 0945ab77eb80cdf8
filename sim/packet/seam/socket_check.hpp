// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "tandem/sim/fabric.hpp"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace tandem::packet {

/// What TandemTcpSocket makes of the ns-3 that is loaded, in a simulation of two hosts, held
/// against what it promises: one line for each thing that is otherwise. Takes ns-3 for as long.
///
/// Not among them, for two hosts do not see it: that a socket's state is CLOSED after a failure, of
/// which they see the silence; and what would be a crash instead of a line: segments of no bytes,
/// for a window that is used up or after a probe (bulk_test, repair_test).
std::vector<std::string> socket_faults(
    const std::function<std::unique_ptr<sim::fabric>(sim::fabric_options)>& make);

/// What a host that rehearses has below its sockets.
enum class stack : std::uint8_t {
  level,  ///< IPv4 as hosts of make_packet_fabric() have it
  ipv4,   ///< alone, with ns-3's own TcpL4Protocol, as hosts of applications may have it
  ipv6,   ///< the same
};

/// Throws std::runtime_error that says all of them when there are some.
void check_sockets(std::initializer_list<stack> on);

}  // namespace tandem::packet
