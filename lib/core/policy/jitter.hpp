// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/random.hpp"
#include "tandem/core/time.hpp"

#include <cstdint>

namespace tandem::detail {

// Whoever waits because of one event (a peer that vanished, a word it said to all) would come back
// in the same instant, and again each time after. So every such wait is drawn. Each function takes
// exactly one number from `random`.

/// Uniform in [least, most].
inline duration uniform(duration least, duration most, random_stream& random) noexcept {
  return least + duration(random.up_to(static_cast<std::uint64_t>((most - least).count())));
}

/// Uniform in [period / 2, period]: a wait of our own choice.
inline duration shortened(duration period, random_stream& random) noexcept {
  return uniform(period / 2, period, random);
}

/// Uniform in [period, period + period / 4]: a wait that somebody asked for is kept at least.
inline duration lengthened(duration period, random_stream& random) noexcept {
  return uniform(period, period + period / 4, random);
}

}  // namespace tandem::detail
