// SPDX-License-Identifier: MIT
#include "observations.hpp"

#include <algorithm>

namespace tandem::scenarios {

observations::observations(const scenario& what, judge& lines, recorder& rows, time_point start)
    : scenario_(what), lines_(lines), rows_(rows), next_sample_(start) {}

time_point observations::next() const { return std::min(next_sample_, lines_.next_look()); }

void observations::look() {
  const auto now = next();
  if (lines_.next_look() <= now) lines_.look(now);
  if (next_sample_ > now) return;
  rows_.sample(now);
  next_sample_ = now + scenario_.sample_every;
}

}  // namespace tandem::scenarios
