// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"

#include <functional>
#include <optional>

namespace tandem::cli {

/// Notices that this process did not run for a while: its machine slept, or it was stopped. The
/// clock of the node does not show the first.
class suspend_watch {
 public:
  using clock = std::function<duration()>;
  /// Longer than a busy machine keeps a process waiting.
  static constexpr duration least = std::chrono::seconds(3);

  /// `now` goes on while the machine sleeps; none: the system's (CLOCK_BOOTTIME).
  explicit suspend_watch(clock now = {});
  /// To be called ten times a second. How long it was away, when it just came back.
  std::optional<duration> look();

 private:
  clock now_;
  duration last_;
};

}  // namespace tandem::cli
