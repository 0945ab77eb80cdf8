// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "tandem/core/options.hpp"
#include "tandem/core/time.hpp"

#include <cstdint>

namespace tandem::detail {

/// A token bucket as one time, the generic cell rate algorithm (ITU-T I.371, Annex A, virtual
/// scheduling): `full` is when the bucket is full again, its theoretical arrival time.
class accept_rate {
 public:
  /// No limit.
  accept_rate() = default;
  /// `per_second` tokens a second, `burst` >= 1 of them at most; 0 a second: no limit.
  accept_rate(double per_second, std::uint64_t burst) noexcept;

  bool limits() const noexcept { return period_ > duration::zero(); }
  /// The earliest time, `now` or later, at which there is a token. Brings `full` into range after
  /// the rate has changed: an empty bucket is never owed more than `burst` tokens.
  time_point ready_at(time_point& full, time_point now) const noexcept;
  /// Takes a token; ready_at() said now.
  void take(time_point& full, time_point now) const noexcept;

  TANDEM_FIELDS(period_, tolerance_)

 private:
  duration period_{};     ///< between two tokens
  duration tolerance_{};  ///< burst - 1 of them
};

}  // namespace tandem::detail
