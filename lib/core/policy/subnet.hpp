// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "core/policy/circuit_breaker.hpp"
#include "core/policy/prefix.hpp"
#include "core/policy/slots.hpp"
#include "core/table/deadline_queue.hpp"
#include "core/table/index_table.hpp"
#include "core/table/slot_list.hpp"
#include "core/table/slot_table.hpp"
#include "tandem/core/options.hpp"
#include "tandem/core/time.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace tandem::detail {

enum class subnet_width : std::uint8_t { narrow, wide };

/// Whether subnet limits, rates and breakers leave the address alone.
constexpr bool is_exempt(const prefix& address, subnet_exemption which) noexcept {
  if (which == subnet_exemption::none) return false;
  const bool private_too = which == subnet_exemption::private_ranges;
  if (is_v4(address)) {
    const auto bits = static_cast<std::uint32_t>(address.low);
    if (bits >> 24 == 127) return true;             // 127.0.0.0/8 (RFC 1122, 3.2.1.3)
    return private_too && (bits >> 24 == 10 ||      // 10.0.0.0/8 (RFC 1918)
                           bits >> 20 == 0xac1 ||   // 172.16.0.0/12 (RFC 1918)
                           bits >> 16 == 0xc0a8 ||  // 192.168.0.0/16 (RFC 1918)
                           bits >> 16 == 0xa9fe);   // 169.254.0.0/16 (RFC 3927)
  }
  if (address.high == 0 && address.low == 1) return true;  // ::1 (RFC 4291, 2.5.3)
  return private_too && (address.high >> 57 == 0x7e ||     // fc00::/7 (RFC 4193)
                         address.high >> 54 == 0x3fa);     // fe80::/10 (RFC 4291, 2.5.6)
}

/// The subnet of one address at one width; nothing when the address is exempt.
inline std::optional<prefix> subnet_of(const endpoint& where, subnet_width width,
                                       const subnet_options& options) noexcept {
  const prefix address = prefix_of(where);
  if (is_exempt(address, options.subnet_exempt)) return std::nullopt;
  const bool narrow = width == subnet_width::narrow;
  const std::uint64_t length =
      is_v4(address)
          ? prefix::v4_from + (narrow ? options.subnet_v4_narrow : options.subnet_v4_wide)
          : (narrow ? options.subnet_v6_narrow : options.subnet_v6_wide);
  return first_bits(address, static_cast<unsigned>(length));
}

/// What this node counts and remembers of one subnet.
struct subnet_entry {
  prefix range;
  subnet_width width = subnet_width::narrow;
  bool used = false;
  std::uint32_t users = 0;                ///< connections from there or to there, in whatever phase
  std::uint32_t pending = 0;              ///< of them pending and inbound
  slot_list<connection> unauthenticated;  ///< of those, oldest first
  std::uint32_t permits = 0;              ///< of them with an established permit
  subnet_slot next_free;
  time_point bucket_full = time_point::min();    ///< when its accept bucket is full (accept_rate)
  circuit_breaker circuit;                       ///< of attempts, in wide ones
  time_point circuit_blank = time_point::min();  ///< its expiry

  /// From then on the entry says nothing that a new one would not say.
  time_point blank_at() const noexcept { return std::max(bucket_full, circuit_blank); }
};

/// Interned subnets, narrow and wide. One without users is remembered until it is blank, but only
/// so many of them: when there is one too many, the one that is blank soonest goes, be it the
/// newest, so that fresh addresses never displace a subnet that did more. O(log n).
class subnet_table {
 public:
  /// With a salt that outsiders do not know they cannot choose subnets that are slow to find.
  explicit subnet_table(std::uint64_t salt = 0) noexcept : salt_(salt) {}
  /// The subnet's index, or no_slot.
  subnet_slot find(const prefix& range, subnet_width width) const noexcept;
  /// The subnet's index; a new one is added. Call settle() when done with it.
  subnet_slot intern(const prefix& range, subnet_width width);
  /// To be called whenever users or memory of the subnet changed; the index may end here.
  void settle(subnet_slot subnet, time_point now, std::uint64_t remembered_max) noexcept;

  /// The same of all when options changed, with the expiry of their circuits anew.
  void settle_all(time_point now, duration refund, std::uint64_t remembered_max) noexcept;

  subnet_entry& operator[](subnet_slot subnet) noexcept { return subnets_[subnet]; }
  const subnet_entry& operator[](subnet_slot subnet) const noexcept { return subnets_[subnet]; }
  std::size_t size() const noexcept { return subnets_.size(); }
  /// Those without users.
  std::size_t remembered() const noexcept { return blank_order_.size(); }
  auto begin() const noexcept { return subnets_.begin(); }
  auto end() const noexcept { return subnets_.end(); }
  void forget_all() { *this = subnet_table(salt_); }
  /// Forgets the failures of attempts after `since`. O(n log n).
  void forgive(time_point now, std::uint64_t remembered_max, time_point since) noexcept;

  TANDEM_FIELDS(salt_, subnets_, by_prefix_, blank_order_)

 private:
  std::uint64_t hash_of(const prefix& range, subnet_width width) const noexcept {
    return detail::hash_of(range, salt_) ^ (width == subnet_width::wide ? ~std::uint64_t{0} : 0);
  }
  void forget(subnet_slot subnet) noexcept;
  void drop_soonest() noexcept;

  std::uint64_t salt_;
  slot_table<subnet_entry> subnets_;
  index_table<subnet_entry> by_prefix_;
  deadline_queue<subnet_slot> blank_order_;  ///< subnets without users
};

}  // namespace tandem::detail
