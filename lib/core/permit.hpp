// SPDX-License-Identifier: MIT
#pragma once

#include "peer_table.hpp"
#include "tandem/core/connection_manager.hpp"

#include <utility>

namespace tandem::detail {

class permit_ledger;

/// One established connection's right to exist. Moving moves the right; the last holder's end gives
/// it back to the ledger, which outlives it.
class permit {
 public:
  permit() = default;
  permit(permit&& other) noexcept
      : ledger_(std::exchange(other.ledger_, nullptr)), peer_(other.peer_) {}
  permit& operator=(permit&& other) noexcept {
    permit old(std::move(other));
    std::swap(ledger_, old.ledger_);
    std::swap(peer_, old.peer_);
    return *this;
  }
  ~permit();
  explicit operator bool() const noexcept { return ledger_ != nullptr; }

 private:
  friend permit_ledger;
  permit(permit_ledger* ledger, slot_index peer) noexcept : ledger_(ledger), peer_(peer) {}
  permit_ledger* ledger_ = nullptr;
  slot_index peer_ = no_slot;
};

/// Counts permits, per node and per peer. issued - released == live always; `live` is kept apart.
class permit_ledger {
 public:
  /// Why no permit is to be had, with the count and the limit compared.
  struct shortage {
    cause why = cause::none;
    std::uint64_t current = 0;
    std::uint64_t limit = 0;
  };

  permit_ledger(manager_counters& counters, peer_table& peers) noexcept
      : counters_(counters), peers_(peers) {}

  /// `peer` may be no_slot: then only the node's limit counts.
  shortage shortage_for(slot_index peer, const manager_options& options) const noexcept;
  /// shortage_for() said none.
  permit issue(slot_index peer) noexcept;

 private:
  friend permit;
  void release(slot_index peer) noexcept;

  manager_counters& counters_;
  peer_table& peers_;
};

}  // namespace tandem::detail
