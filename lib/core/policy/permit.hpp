// SPDX-License-Identifier: MIT
#pragma once

#include "core/policy/peer_table.hpp"
#include "core/policy/refusal.hpp"
#include "core/policy/subnet.hpp"
#include "tandem/core/connection_manager.hpp"

#include <type_traits>
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

/// One established connection's right to exist. Moving moves the right; the last holder's end gives
/// it back to the ledger, which outlives it.
class permit {
 public:
  permit() = default;
  permit(permit&& other) noexcept
      : ledger_(std::exchange(other.ledger_, nullptr)), held_(other.held_) {}
  permit& operator=(permit&& other) noexcept {
    if (this == &other) return *this;
    give_back();
    ledger_ = std::exchange(other.ledger_, nullptr);
    held_ = other.held_;
    return *this;
  }
  ~permit() { give_back(); }
  explicit operator bool() const noexcept { return ledger_ != nullptr; }
  /// What it counts against, while it is one.
  const claim& held() const noexcept { return held_; }
  /// Not held any more, and not given back: of a checkpoint that cannot be used.
  void forget() noexcept { ledger_ = nullptr; }

  /// For checkpoints: the counts are written apart.
  void fields(auto& a) {
    auto& [ledger, held] = *this;
    bool holds = ledger != nullptr;
    a(holds), a(held);
    if constexpr (std::remove_reference_t<decltype(a)>::reading)
      ledger = holds ? a.ledger : nullptr;
  }

 private:
  friend permit_ledger;
  permit(permit_ledger* ledger, const claim& held) noexcept : ledger_(ledger), held_(held) {}
  void give_back() noexcept;

  permit_ledger* ledger_ = nullptr;
  claim held_;
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
  refusal refusal_for(const claim& wanted, const manager_options& options,
                      time_point now) const noexcept;
  /// The same as if `given` had been given back, if it is a permit.
  refusal refusal_instead(const permit& given, const claim& wanted, const manager_options& options,
                          time_point now) noexcept;
  /// The part of it that is about subnets.
  refusal subnet_refusal_for(const claim& wanted, const manager_options& options) const noexcept;
  /// refusal_for() said none.
  permit issue(const claim& wanted) noexcept;
  /// Lets `right` count against something else of the same peer; refusal_instead() of it said
  /// none.
  void move(permit& right, const claim& to) noexcept;
  /// Whether all counts agree. Looks at every peer and subnet.
  bool conserved() const noexcept;

 private:
  friend permit;
  void count(const claim& held) noexcept;
  void uncount(const claim& held) noexcept;
  void release(const claim& held) noexcept;

  manager_counters& counters_;
  peer_table& peers_;
  subnet_table& subnets_;
};

inline void permit::give_back() noexcept {
  if (ledger_ != nullptr) ledger_->release(held_);
}

}  // namespace tandem::detail
