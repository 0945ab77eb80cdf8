// SPDX-License-Identifier: MIT
#include "core/policy/address_records.hpp"

#include "core/policy/prefix.hpp"

namespace tandem::detail {

namespace {

/// IPv4-mapped addresses are the IPv4 address.
bool same(const endpoint& a, const endpoint& b) noexcept {
  return a.port == b.port && prefix_of(a) == prefix_of(b);
}

}  // namespace

std::uint64_t address_records::hash_of_address(const endpoint& where) const noexcept {
  return mix(hash_of(prefix_of(where), salt_) + where.port);
}

slot<address_records::record> address_records::find(const endpoint& where) const noexcept {
  return by_address_.find(hash_of_address(where),
                          [&](record_slot r) { return same(records_[r].where, where); });
}

void address_records::failed(const endpoint& where, time_point now, const backoff_options& options,
                             random_stream& random) {
  record_slot r = find(where);
  if (r == no_slot) {
    r = records_.take();
    records_[r].where = where;
    by_address_.insert(hash_of_address(where), r);
  }
  backoff_count& backoff = records_[r].backoff;
  backoff.failed(now, options, random);
  by_expiry_.arm(r, backoff.expiry(options.backoff_refund));
  // At most one is added at a time, so two keep up.
  for (int n = 0; n < 2 && by_expiry_.next() <= now; ++n) drop(by_expiry_.pop());
  while (by_expiry_.size() > options.max_remembered_addresses) drop(by_expiry_.pop());
}

void address_records::clear(const endpoint& where) noexcept {
  if (const record_slot r = find(where); r != no_slot) drop(r);
}

time_point address_records::until(const endpoint& where) const noexcept {
  const record_slot r = records_.size() == 0 ? record_slot() : find(where);
  return r == no_slot ? time_point::min() : records_[r].backoff.until();
}

void address_records::forgive(time_point since) noexcept {
  for (const record_slot r : records_)
    if (records_[r].backoff.last_failure() > since) drop(r);
}

void address_records::override_all(const backoff_options& options) {
  for (const record_slot r : records_) records_[r].backoff.override_delay();
  reorder(options);
}

void address_records::reorder(const backoff_options& options) {
  for (const record_slot r : records_)

    by_expiry_.arm(r, records_[r].backoff.expiry(options.backoff_refund));
  while (by_expiry_.size() > options.max_remembered_addresses) drop(by_expiry_.pop());
}

void address_records::drop(record_slot r) noexcept {
  by_expiry_.disarm(r);
  by_address_.erase(hash_of_address(records_[r].where), r);
  records_.release(r);
}

}  // namespace tandem::detail
