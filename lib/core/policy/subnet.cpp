// SPDX-License-Identifier: MIT
#include "core/policy/subnet.hpp"

namespace tandem::detail {

subnet_slot subnet_table::find(const prefix& range, subnet_width width) const noexcept {
  return by_prefix_.find(hash_of(range, width), [&](subnet_slot s) {
    return subnets_[s].range == range && subnets_[s].width == width;
  });
}

subnet_slot subnet_table::intern(const prefix& range, subnet_width width) {
  return by_prefix_.find_or_insert(
      hash_of(range, width),
      [&](subnet_slot s) { return subnets_[s].range == range && subnets_[s].width == width; },
      [&] {
        const subnet_slot subnet = subnets_.take();
        subnets_[subnet].range = range;
        subnets_[subnet].width = width;
        return subnet;
      });
}

void subnet_table::forget(subnet_slot subnet) noexcept {
  blank_order_.disarm(subnet);
  by_prefix_.erase(hash_of(subnets_[subnet].range, subnets_[subnet].width), subnet);
  subnets_.release(subnet);
}

void subnet_table::settle(subnet_slot subnet, time_point now,
                          std::uint64_t remembered_max) noexcept {
  if (subnet == no_slot) return;
  const subnet_entry& s = subnets_[subnet];
  if (s.users > 0)
    blank_order_.disarm(subnet);
  else if (s.blank_at() <= now)
    forget(subnet);
  else
    blank_order_.arm(subnet, s.blank_at());
  // At most one entry is added at a time, so two keep up.
  for (int n = 0; n < 2 && blank_order_.next() <= now; ++n) drop_soonest();
  while (blank_order_.size() > remembered_max) drop_soonest();
}

void subnet_table::settle_all(time_point now, duration refund,
                              std::uint64_t remembered_max) noexcept {
  // In the new order first, so that those go that are blank soonest.
  for (const subnet_slot s : subnets_) {
    subnet_entry& x = subnets_[s];
    x.circuit_blank = x.circuit.expiry(refund);
    if (x.circuit_blank <= now) x.circuit = {};  // also of one that has users
    if (x.users == 0) blank_order_.arm(s, x.blank_at());
  }
  for (const subnet_slot s : subnets_) settle(s, now, remembered_max);
}

void subnet_table::drop_soonest() noexcept {
  const subnet_slot subnet = blank_order_.pop();
  // A user may have come since it was put in order; whoever that is settles it at its end.
  if (subnets_[subnet].users == 0) forget(subnet);
}

void subnet_table::forgive(time_point now, std::uint64_t remembered_max,
                           time_point since) noexcept {
  for (const subnet_slot s : subnets_) {
    subnet_entry& x = subnets_[s];
    if (x.circuit.last_failure() <= since) continue;
    x.circuit.restore({});
    if (x.circuit.trials() == 0) x.circuit_blank = time_point::min();
    settle(s, now, remembered_max);
  }
}

}  // namespace tandem::detail
