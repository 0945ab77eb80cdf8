// SPDX-License-Identifier: MIT
#pragma once

#include "judge.hpp"
#include "recorder.hpp"

namespace tandem::scenarios {

/// Looks at a run when it was asked to: samples, and what expectations need to know at a time. The
/// runner looks between two stretches of the world, when everything at that time has happened:
/// looking plans nothing in the world, so it cannot change the run.
class observations {
 public:
  /// Times of the scenario count from `start`. References outlive this.
  observations(const scenario& what, judge& lines, recorder& rows, time_point start);

  /// The next time to look; `never` when all was seen.
  time_point next() const;
  /// Looks at what is due at next().
  void look();

 private:
  const scenario& scenario_;
  judge& lines_;
  recorder& rows_;
  time_point next_sample_;
};

}  // namespace tandem::scenarios
