// SPDX-License-Identifier: MIT
#pragma once

#include "recorder.hpp"
#include "tracker.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace tandem::scenarios {

/// Looks at a run when it was asked to: samples, and the values that expectations want `at` a time.
/// The runner looks between two stretches of the world, when everything at that time has happened:
/// looking plans nothing in the world, so it cannot change the run.
class observations {
 public:
  /// Times of the scenario count from `start`. References outlive this.
  observations(const scenario& what, const tracker& ledger, recorder& rows, time_point start);

  /// The next time to look; `never` when all was seen.
  time_point next() const;
  /// Looks at what is due at next().
  void look();

  /// By expectation: the value it asked for at an earlier time, once that was reached.
  const std::vector<std::optional<double>>& values() const noexcept { return values_; }

 private:
  const scenario& scenario_;
  const tracker& tracker_;
  recorder& rows_;
  time_point start_;
  time_point next_sample_;
  std::vector<std::size_t> wanted_;  ///< expectations with a time, the latest first
  std::vector<std::optional<double>> values_;
};

}  // namespace tandem::scenarios
