// SPDX-License-Identifier: MIT
#pragma once

#include "circuit_breaker.hpp"
#include "deadline_queue.hpp"
#include "index_table.hpp"
#include "network.hpp"
#include "slot_table.hpp"
#include "tandem/core/options.hpp"
#include "tandem/core/time.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace tandem::detail {

enum class subnet_width : std::uint8_t { narrow, wide };

/// Whether subnet limits, rates and breakers leave the address alone.
bool is_exempt(const network& address, subnet_exemption which) noexcept;

/// The subnet of one address at one width; nothing when the address is exempt.
std::optional<network> subnet_of(const endpoint& where, subnet_width width,
                                 const subnet_options& options) noexcept;

/// What this node counts and remembers of one subnet.
struct subnet_entry {
  network net;
  subnet_width width = subnet_width::narrow;
  bool used = false;
  std::uint32_t permits = 0;  ///< established permits held
  slot_index next_free = no_slot;
  time_point bucket_full = time_point::min();    ///< when its accept bucket is full (accept_rate)
  circuit_breaker circuit;                       ///< of attempts, in wide ones
  time_point circuit_blank = time_point::min();  ///< its expiry

  /// From then on the entry says nothing that a new one would not say.
  time_point blank_at() const noexcept { return std::max(bucket_full, circuit_blank); }
};

/// Interned subnets, narrow and wide. One without permits is remembered until it is blank, but
/// only so many of them: when there is one too many, the one that is blank soonest goes, be it the
/// newest, so that fresh addresses never displace a subnet that did more. O(log n).
class subnet_table {
 public:
  /// The subnet's index, or no_slot.
  slot_index find(const network& net, subnet_width width) const noexcept;
  /// The subnet's index; a new one is added. Call settle() when done with it.
  slot_index intern(const network& net, subnet_width width);
  /// To be called whenever permits or memory of the subnet changed; the index may end here.
  void settle(slot_index subnet, time_point now, std::uint64_t remembered_max) noexcept;

  subnet_entry& operator[](slot_index subnet) noexcept { return subnets_[subnet]; }
  const subnet_entry& operator[](slot_index subnet) const noexcept { return subnets_[subnet]; }
  std::size_t size() const noexcept { return subnets_.size(); }
  /// Those without permits.
  std::size_t remembered() const noexcept { return blank_order_.size(); }
  slot_index bound() const noexcept { return subnets_.bound(); }
  /// Forgets the failures of attempts after `since`. O(n log n).
  void forgive(time_point since, time_point now, std::uint64_t remembered_max) noexcept;

 private:
  void forget(slot_index subnet) noexcept;

  slot_table<subnet_entry> subnets_;
  index_table by_network_;
  deadline_queue blank_order_;  ///< subnets without permits
};

}  // namespace tandem::detail
