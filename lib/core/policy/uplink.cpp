// SPDX-License-Identifier: MIT
#include "core/policy/uplink.hpp"

#include "core/mutant.hpp"

#include <algorithm>

namespace tandem::detail {

bool uplink_guard::failed(const suspect& who, time_point since, std::uint64_t failures_max) {
  if (offline_ || failures_max == 0 || last_sign_ > since) return false;
  const bool known = std::ranges::any_of(suspects_, [&](const suspect& s) {
    return s.peer == who.peer && (!who.peer.empty() || s.where == who.where);
  });
  if (!known) suspects_.push_back(who);
  if (suspects_.size() < failures_max || mutant(mutation::uplink_never_lost)) return false;
  offline_ = true;
  return true;
}

}  // namespace tandem::detail
