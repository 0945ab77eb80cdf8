// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "core/policy/address_order.hpp"
#include "core/policy/address_table.hpp"
#include "core/policy/backoff.hpp"
#include "tandem/core/ids.hpp"
#include "tandem/core/options.hpp"
#include "tandem/core/random.hpp"
#include "tandem/core/time.hpp"

#include <cstdint>

namespace tandem::detail {

/// What is known of addresses: those that did not answer, each with its backoff, are tried after
/// others, and refused where the address is all that is known of the peer; those that worked are
/// tried first. Of each kind there are `max_remembered_addresses` at most: of the first the one
/// that would be forgotten soonest goes, be it the new one, of the second what worked the longest
/// ago. O(log n).
class address_records {
 public:
  explicit address_records(std::uint64_t salt = 0) noexcept : failures_(salt), worked_(salt) {}

  void failed(const endpoint& where, time_point now, const backoff_options& options,
              random_stream& random);
  /// An attempt brought nothing, for which the address is not to blame; it was `silent` or given
  /// too little time.
  void tried(const endpoint& where, time_point now, bool silent, const backoff_options& options);
  /// It works: what it did before is forgotten.
  void works(const endpoint& where, time_point now, const backoff_options& options);

  /// The end of its backoff; the past when it has none.
  time_point until(const endpoint& where) const noexcept;
  /// When it did not answer last, whoever was to blame; the past when that is not known (any more).
  time_point silent_at(const endpoint& where, time_point now) const noexcept;
  /// What the order of addresses wants to know.
  address_history history(const endpoint& where, time_point now) const noexcept;

  /// Nothing is held against those that failed after `since` any more. O(n log n).
  void forgive(time_point since, const backoff_options& options);
  /// Every address may be tried at once; the failures stay. O(n log n).
  void override_all(const backoff_options& options);
  /// Other options: what is over stays so, and the records are ordered and bounded anew. O(n log
  /// n).
  void reorder(time_point now, const backoff_options& options);

  /// Records of failures held; expired ones leave when the next is made.
  std::size_t size() const noexcept { return failures_.size(); }

  TANDEM_FIELDS(failures_, worked_)

 private:
  struct record {
    backoff_count backoff;
    time_point tried_at = time_point::min();
    time_point silent_at = time_point::min();
    time_point end{};  ///< when it is forgotten
  };
  struct success {
    time_point at{};
  };
  static time_point end_of(const record& known, const backoff_options& options) noexcept;
  const record* find(const endpoint& where, time_point now) const noexcept;
  void keep(const endpoint& where, record& known, time_point now, const backoff_options& options);

  address_table<record> failures_;
  address_table<success> worked_;
};

}  // namespace tandem::detail
