// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "core/policy/peer_table.hpp"
#include "core/policy/refusal.hpp"
#include "core/policy/subnet.hpp"
#include "tandem/core/assert.hpp"
#include "tandem/core/connection_manager.hpp"

#include <utility>

namespace tandem::detail {

class permit_ledger;

/// What one established connection counts against. A subnet that is no_slot is not counted: its
/// address is exempt, nobody wants to know, or nothing is connected there yet.
struct claim {
  peer_slot peer{};
  subnet_slot narrow{};
  subnet_slot wide{};
  direction way = direction::outbound;
};

/// One established connection's right to exist. Moving moves the right. Its last holder gives it
/// back to the ledger, saying what it counted against: to lose one is a fault.
class permit {
 public:
  permit() = default;
  permit(permit&& other) noexcept : held_(std::exchange(other.held_, false)) {}
  permit& operator=(permit&& other) noexcept {
    const bool held = std::exchange(other.held_, false);
    TANDEM_ASSERT(!held_ && "give back the one that is held");
    held_ = held;
    return *this;
  }
  ~permit() { TANDEM_ASSERT(!held_ && "a permit is lost"); }
  explicit operator bool() const noexcept { return held_; }
  /// Neither held nor given back: its ledger ends.
  void forget() noexcept { held_ = false; }

  TANDEM_FIELDS(held_)

 private:
  friend permit_ledger;
  explicit permit(bool held) noexcept : held_(held) {}

  bool held_ = false;
};

/// Counts permits: of the node, in and out, per peer, per subnet. issued - released == live always;
/// `live` is kept apart.
class permit_ledger {
 public:
  permit_ledger(manager_counters& counters, peer_table& peers, subnet_table& subnets) noexcept
      : counters_(counters), peers_(peers), subnets_(subnets) {}

  /// The first limit that leaves no room for `wanted`, of the node, in or out, the peer, the narrow
  /// and the wide subnet. Without a peer that limit is left out. Unprotected peers find
  /// max_connections less the reserved ones.
  refusal refusal_for(claim wanted, const manager_options& options, time_point now) const noexcept;
  /// The part of it that is about subnets.
  refusal subnet_refusal_for(claim wanted, const manager_options& options) const noexcept;
  /// refusal_for() said none.
  permit issue(claim wanted) noexcept;
  void give_back(permit& right, claim held) noexcept;
  /// A permit counts against something else: uncount() the one, count() the other.
  void count(claim held) noexcept;
  void uncount(claim held) noexcept;
  /// Whether all counts agree. Looks at every peer and subnet.
  bool conserved() const noexcept;

 private:
  manager_counters& counters_;
  peer_table& peers_;
  subnet_table& subnets_;
};

}  // namespace tandem::detail
