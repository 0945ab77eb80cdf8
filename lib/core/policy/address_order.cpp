// SPDX-License-Identifier: MIT
#include "core/policy/address_order.hpp"

#include "core/policy/prefix.hpp"

namespace tandem::detail {

address_family family_of(const endpoint& address) noexcept {
  return is_v4(prefix_of(address)) ? address_family::v4 : address_family::v6;
}

std::size_t next_address(std::span<const address_candidate> candidates,
                         address_family last) noexcept {
  const auto turn = last == address_family::v6 ? address_family::v4 : address_family::v6;
  const auto place = [turn](const address_candidate& c) {
    return (c.proven ? 0 : 4) + (c.late ? 2 : 0) + (c.family == turn ? 0 : 1);
  };
  std::size_t best = 0;
  for (std::size_t i = 1; i < candidates.size(); ++i)
    if (place(candidates[i]) < place(candidates[best])) best = i;
  return best;
}

}  // namespace tandem::detail
