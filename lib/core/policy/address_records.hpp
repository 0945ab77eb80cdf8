// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "core/policy/backoff.hpp"
#include "core/table/deadline_queue.hpp"
#include "core/table/index_table.hpp"
#include "core/table/slot_table.hpp"
#include "tandem/core/ids.hpp"
#include "tandem/core/options.hpp"
#include "tandem/core/random.hpp"
#include "tandem/core/time.hpp"

#include <cstdint>

namespace tandem::detail {

/// Addresses that did not answer, each with its backoff: they are tried after others, and refused
/// where the address is all that is known of the peer. Bounded by `max_remembered_addresses`; when
/// there is one too many the record that would expire soonest goes, be it the new one. O(log n).
class address_records {
 public:
  /// With a salt that outsiders do not know they cannot choose addresses that are slow to find.
  explicit address_records(std::uint64_t salt = 0) noexcept : salt_(salt) {}
  void failed(const endpoint& where, time_point now, const backoff_options& options,
              random_stream& random);
  /// It works.
  void clear(const endpoint& where) noexcept;
  /// The end of its backoff; the past when it has none.
  time_point until(const endpoint& where) const noexcept;

  /// Forgets every record with a failure after `since`: it was not the addresses' fault. O(n).
  void forgive(time_point since) noexcept;
  /// Every address may be tried at once; the failures stay. O(n).
  void override_all(const backoff_options& options);
  /// Other options: orders and bounds the records anew. O(n log n).
  void reorder(const backoff_options& options);

  /// Records held; expired ones leave when the next is made.
  std::size_t size() const noexcept { return records_.size(); }

  TANDEM_FIELDS(salt_, records_, by_address_, by_expiry_)

 private:
  struct record {
    endpoint where;
    backoff_count backoff;
    bool used = false;
    slot<record> next_free;
  };
  using record_slot = slot<record>;

  std::uint64_t hash_of_address(const endpoint& where) const noexcept;
  record_slot find(const endpoint& where) const noexcept;
  void drop(record_slot r) noexcept;

  std::uint64_t salt_;
  slot_table<record> records_;
  index_table<record> by_address_;
  deadline_queue<record_slot> by_expiry_;
};

}  // namespace tandem::detail
