// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/random.hpp"

#include <cstdint>

namespace tandem::sim {

/// The seed of a node's connection manager: the same on every level, so that levels that tell a
/// manager the same see the same decisions. Every life of a node draws other numbers: `life` counts
/// its restarts.
constexpr std::uint64_t policy_seed(std::uint64_t seed, std::uint64_t node,
                                    std::uint64_t life) noexcept {
  return random_stream::of(seed, "node", node).next() + life;
}

}  // namespace tandem::sim
