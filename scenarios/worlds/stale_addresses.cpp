// SPDX-License-Identifier: MIT
#include "tandem/scenarios/world.hpp"

namespace tandem::scenarios {

std::vector<endpoint> stale_addresses::before(const endpoint& real) const {
  std::vector<endpoint> all;
  // The end of the range that simulated hosts are numbered through.
  for (std::uint32_t i = 0; i < silent; ++i)
    all.push_back(endpoint::v4(10, 255, static_cast<std::uint8_t>(i >> 8),
                               static_cast<std::uint8_t>(i), real.port));
  for (std::uint32_t i = 0; i < refusing; ++i) {
    all.push_back(real);
    all.back().port = static_cast<std::uint16_t>(real.port + 1 + i);
  }
  all.push_back(real);
  return all;
}

}  // namespace tandem::scenarios
