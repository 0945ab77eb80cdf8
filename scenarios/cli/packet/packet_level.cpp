// SPDX-License-Identifier: MIT
#include "tandem/packet/fabric.hpp"
#include "tandem/scenarios/level.hpp"

namespace tandem::scenarios {

level packet_level() {
  auto made = fabric_level("packet", &packet::make_packet_fabric);
  made.engine = "ns-" TANDEM_NS3_VERSION;
  return made;
}

}  // namespace tandem::scenarios
