// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/actions.hpp"
#include "tandem/core/cause.hpp"
#include "tandem/core/time.hpp"

#include <cstdint>

namespace tandem::detail {

/// Why this node says no, in numbers; true when it does. Every limit, rate, rule and guard says so
/// with one, which becomes the notification, the GoAway and the explanation as it is.
struct refusal {
  cause why = cause::none;
  std::uint64_t current = 0;  ///< the count that a limit was compared with
  std::uint64_t limit = 0;    ///< that limit
  time_point until = never;   ///< when it ends, if that is known
  bool waits = false;         ///< a trial decides: a dial waits for it within its deadline

  explicit operator bool() const noexcept { return why != cause::none; }
  /// Says it in a notification.
  void tell(notification& to) const noexcept {
    to.why = why;
    to.current = current;
    to.limit = limit;
    to.until = until;
  }
};

}  // namespace tandem::detail
