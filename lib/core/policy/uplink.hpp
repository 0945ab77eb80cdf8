// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "core/policy/failure_record.hpp"
#include "tandem/core/ids.hpp"
#include "tandem/core/time.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace tandem::detail {

/// The breaker of this node's own uplink: when many different peers fail to answer in a row and
/// nothing at all came from the network in between, nor while they were waited for, it is us.
/// Remembers what was held against them, so that it can be taken back. While offline whoever has
/// not been silent yet is dialled as ever, and is a trial; of the others one at a time.
class uplink_guard {
 public:
  struct suspect {
    peer_id peer;    ///< empty: an address dialled without one
    endpoint where;  ///< then this
    failure_record before;
  };

  /// `who` did not answer since `since`, `before` being its record until then. Returns true when
  /// that makes `failures_max` of them, all different: the node is offline, and suspects() are to
  /// be forgiven. 0: never. Not a suspect when something came after `since`.
  bool failed(const suspect& who, time_point since, std::uint64_t failures_max);
  std::span<const suspect> suspects() const noexcept { return suspects_; }
  /// The suspects are forgiven.
  void forgiven() noexcept { suspects_.clear(); }

  /// Something came from the network `at` that time, or the network changed. Returns true when that
  /// ends being offline.
  bool life_sign(time_point at) noexcept {
    last_sign_ = std::max(last_sign_, at);
    suspects_.clear();
    return std::exchange(offline_, false);
  }
  /// Somebody who was silent already is tried; the next has to wait.
  void trial_starts(time_point now, duration retry) noexcept { next_trial_ = later(now, retry); }

  bool offline() const noexcept { return offline_; }
  /// While offline, when the next of those who were silent may be tried.
  time_point next_trial() const noexcept { return next_trial_; }
  time_point last_sign() const noexcept { return last_sign_; }
  /// Whether that was the last heard of somebody who did not answer at `failed_at`.
  bool is_silent(time_point failed_at) const noexcept { return offline_ && failed_at > last_sign_; }

  TANDEM_FIELDS(suspects_, last_sign_, next_trial_, offline_)

 private:
  std::vector<suspect> suspects_;  // fewer than uplink_failures <= 64
  time_point last_sign_ = time_point::min();
  time_point next_trial_ = time_point::min();
  bool offline_ = false;
};

}  // namespace tandem::detail
