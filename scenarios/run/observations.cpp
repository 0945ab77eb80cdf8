// SPDX-License-Identifier: MIT
#include "observations.hpp"

#include <algorithm>

namespace tandem::scenarios {

observations::observations(const scenario& what, const tracker& ledger, recorder& rows,
                           time_point start)
    : scenario_(what),
      tracker_(ledger),
      rows_(rows),
      start_(start),
      next_sample_(start),
      values_(what.expectations.size()) {
  for (std::size_t i = 0; i < what.expectations.size(); ++i)
    if (what.expectations[i].at) wanted_.push_back(i);
  std::ranges::sort(wanted_, std::greater{},
                    [&](std::size_t i) { return *what.expectations[i].at; });
}

time_point observations::next() const {
  const auto value = wanted_.empty() ? never : start_ + *scenario_.expectations[wanted_.back()].at;
  return std::min(next_sample_, value);
}

void observations::look() {
  const auto now = next();
  for (; !wanted_.empty(); wanted_.pop_back()) {
    const auto& asked = scenario_.expectations[wanted_.back()];
    if (start_ + *asked.at > now) break;
    values_[wanted_.back()] = static_cast<double>(tracker_.now(asked.group, asked.measure));
  }
  if (next_sample_ > now) return;
  rows_.sample(now);
  next_sample_ = now + scenario_.sample_every;
}

}  // namespace tandem::scenarios
