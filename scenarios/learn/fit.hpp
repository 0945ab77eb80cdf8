// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/learn.hpp"

#include <string>
#include <vector>

namespace tandem::scenarios {

/// Seconds as a scenario has them, to four digits: `1.234s`, `40ms`.
std::string duration_text(double seconds);

/// An exponential distribution, unless `values`, in seconds, contradict it (Kolmogorov and Smirnov,
/// at 5 %); then the likelier of lognormal and Weibull, or their quantiles where that is far off.
/// `cut_short` are of those that were still going on when nobody looked any more: they are longer.
learned_fit fit_durations(const std::string& what, std::vector<double> values,
                          std::vector<double> cut_short = {});

/// How turns come that were seen at `times`, ascending seconds, one at least: `at_once`,
/// `{every: 5ms}` or `{poisson: 20/s}`.
learned_fit fit_arrivals(const std::string& what, const std::vector<double>& times);

}  // namespace tandem::scenarios
