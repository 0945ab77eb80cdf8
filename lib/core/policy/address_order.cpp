// SPDX-License-Identifier: MIT
#include "core/policy/address_order.hpp"

#include "core/policy/prefix.hpp"

#include <tuple>

namespace tandem::detail {

address_family family_of(const endpoint& address) noexcept {
  return is_v4(prefix_of(address)) ? address_family::v4 : address_family::v6;
}

std::size_t next_address(std::span<const address_candidate> candidates,
                         address_family last) noexcept {
  const auto turn = last == address_family::v6 ? address_family::v4 : address_family::v6;
  const auto place = [turn](const address_candidate& c) {
    const auto [worked, failed] = c.history;
    const bool works = worked > failed;
    const int kind = c.proven                      ? 0
                     : c.gave_way                  ? 3
                     : works                       ? 1
                     : failed == time_point::min() ? 2
                                                   : 4;
    // Of what worked the latest first, of what failed the earliest.
    const duration::rep when = kind == 1   ? -worked.time_since_epoch().count()
                               : kind == 4 ? failed.time_since_epoch().count()
                                           : 0;
    return std::tuple(kind, when, c.family != turn);
  };
  std::size_t best = 0;
  for (std::size_t i = 1; i < candidates.size(); ++i)
    if (place(candidates[i]) < place(candidates[best])) best = i;
  return best;
}

}  // namespace tandem::detail
