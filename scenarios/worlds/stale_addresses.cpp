// SPDX-License-Identifier: MIT
#include "tandem/scenarios/world.hpp"

namespace tandem::scenarios {

std::vector<endpoint> stale_addresses::before(std::span<const endpoint> real) const {
  std::vector<endpoint> all;
  const auto port = real.front().port;
  const auto closed = refusing_from == 0 ? port + 1U : refusing_from;
  // The end of the range that simulated hosts are numbered through.
  for (std::uint32_t i = 0; i < silent; ++i)
    all.push_back(endpoint::v4(10, 255, static_cast<std::uint8_t>(i >> 8),
                               static_cast<std::uint8_t>(i), port));
  for (std::uint32_t i = 0; i < refusing; ++i) {
    all.push_back(real.front());
    all.back().port = static_cast<std::uint16_t>(closed + i);
  }
  all.insert(all.end(), real.begin(), real.end());
  return all;
}

}  // namespace tandem::scenarios
