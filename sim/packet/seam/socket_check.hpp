// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "tandem/sim/fabric.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tandem::packet {

/// What TandemTcpSocket makes of the ns-3 that is loaded, in a simulation of two hosts, held
/// against what it promises: one line for each thing that is otherwise. Takes ns-3 for as long.
std::vector<std::string> socket_faults(
    const std::function<std::unique_ptr<sim::fabric>(sim::fabric_options)>& make);

/// Throws std::runtime_error that says all of them, for make_packet_fabric(), when there are some.
void check_sockets();

}  // namespace tandem::packet
