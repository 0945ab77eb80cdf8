// SPDX-License-Identifier: MIT
#include "tandem/packet/fabric.hpp"
#include "tandem/scenarios/level.hpp"

namespace tandem::scenarios {

level packet_level() { return fabric_level("packet", &packet::make_packet_fabric); }

}  // namespace tandem::scenarios
