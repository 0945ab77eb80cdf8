// SPDX-License-Identifier: MIT
#include "tandem/scenarios/duration_distribution.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::scenarios {

duration duration_distribution::draw(random_stream& random) const noexcept {
  switch (how) {
    case kind::constant:
      return least;
    case kind::uniform:
      return least + duration(random.up_to(static_cast<std::uint64_t>((most - least).count())));
    case kind::exponential: {
      // The tail of a mean of centuries is longer than a duration can be.
      constexpr double longest = 9e18;
      const double drawn = random.exponential(static_cast<double>(least.count()));
      return duration(std::llround(std::min(drawn, longest)));
    }
  }
  return {};
}

}  // namespace tandem::scenarios
