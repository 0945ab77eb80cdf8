// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/learn.hpp"

#include <string>
#include <vector>

namespace tandem::scenarios {

/// Seconds as a scenario has them, to four digits: `1.234s`, `40ms`.
std::string duration_text(double seconds);

/// The simplest distribution that `values`, in seconds, do not contradict (Kolmogorov and Smirnov,
/// at 5 %), else the closest, else their quantiles. `cut_short` are of those that were still going
/// on when nobody looked any more: they are longer. Not both are empty.
learned_fit fit_durations(const std::string& what, std::vector<double> values,
                          const std::vector<double>& cut_short = {});

/// How turns come that were seen at `times`, ascending seconds, two at least: `{every: 5ms}` or
/// `{poisson: 20/s}`.
learned_fit fit_arrivals(const std::vector<double>& times);

}  // namespace tandem::scenarios
