// SPDX-License-Identifier: MIT
#include "core/policy/address_records.hpp"

#include <algorithm>
#include <limits>

namespace tandem::detail {

time_point address_records::end_of(const record& known, const backoff_options& options) noexcept {
  return std::max(known.backoff.expiry(options.backoff_refund),
                  nothing_left_at(1, known.tried_at, options.backoff_refund));
}

/// What is remembered of failures; null when it is over, though it may still be there.
const address_records::record* address_records::find(const endpoint& where,
                                                     time_point now) const noexcept {
  const record* known = failures_.find(where);
  return known == nullptr || known->end <= now ? nullptr : known;
}

void address_records::keep(const endpoint& where, record& known, time_point now,
                           const backoff_options& options) {
  known.end = end_of(known, options);
  failures_.until(where, known.end);
  // At most one is added at a time, so two keep up.
  failures_.trim(now, 2, options.max_remembered_addresses);
}

void address_records::failed(const endpoint& where, time_point now, const backoff_options& options,
                             random_stream& random) {
  record& known = failures_[where];
  known.backoff.failed(now, options, random);
  known.tried_at = known.silent_at = now;
  keep(where, known, now, options);
}

void address_records::tried(const endpoint& where, time_point now, bool silent,
                            const backoff_options& options) {
  record& known = failures_[where];
  known.tried_at = now;
  if (silent) known.silent_at = now;
  keep(where, known, now, options);
}

void address_records::works(const endpoint& where, time_point now, const backoff_options& options) {
  failures_.erase(where);
  worked_[where].at = now;
  worked_.until(where, now);
  worked_.trim(time_point::min(), 0, options.max_remembered_addresses);
}

time_point address_records::until(const endpoint& where) const noexcept {
  const record* known = failures_.find(where);
  return known == nullptr ? time_point::min() : known->backoff.until();
}

time_point address_records::silent_at(const endpoint& where, time_point now) const noexcept {
  const record* known = find(where, now);
  return known == nullptr ? time_point::min() : known->silent_at;
}

address_history address_records::history(const endpoint& where, time_point now) const noexcept {
  address_history told;
  if (const record* known = find(where, now)) told.failed_at = known->tried_at;
  if (const success* known = worked_.find(where)) told.worked_at = known->at;
  return told;
}

void address_records::forgive(time_point since, const backoff_options& options) {
  failures_.change([&](record& known) {
    if (known.backoff.last_failure() > since) known.backoff = {};
    return known.end = end_of(known, options);
  });
}

void address_records::override_all(const backoff_options& options) {
  failures_.change([&](record& known) {
    known.backoff.override_delay();
    return known.end = end_of(known, options);
  });
}

void address_records::reorder(time_point now, const backoff_options& options) {
  failures_.trim(now, std::numeric_limits<int>::max(), options.max_remembered_addresses);
  failures_.change([&](record& known) { return known.end = end_of(known, options); });
  failures_.trim(time_point::min(), 0, options.max_remembered_addresses);
  worked_.trim(time_point::min(), 0, options.max_remembered_addresses);
}

}  // namespace tandem::detail
