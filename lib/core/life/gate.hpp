// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "core/life/records.hpp"
#include "core/life/shared.hpp"
#include "core/policy/accept_rate.hpp"
#include "core/policy/access_list.hpp"
#include "core/policy/permit.hpp"
#include "core/policy/refusal.hpp"
#include "core/table/slot_list.hpp"
#include "core/table/slot_table.hpp"

#include <array>

namespace tandem::detail {

/// What there is room for, and who may have it: the operator's rules, the rates of arrivals, the
/// limits on pending connections and on memory, and the permits of established ones. It says in
/// which ledgers and subnets a connection counts. A new limit goes here, or into permit_ledger when
/// it is about established connections.
class gate {
 public:
  explicit gate(const shared& with);

  /// The operator's word about a peer or the addresses in `range`, set or (not `on`) taken back.
  /// False when there is no room for it.
  bool rule(const peer_id& peer, access what, bool on, time_point until);
  bool rule(const prefix& range, access what, bool on, time_point until);
  std::size_t access_rules() const noexcept { return rules_.size(); }
  bool denies(const peer_id& peer, time_point at) const {
    return rules_.of(peer, at) == access::denied;
  }
  /// A rule about the peer (empty: whoever answers) is more exact than one about where it is.
  bool denies(const peer_id& peer, const endpoint& where) const;

  /// Why a connection that arrived is reset, beside `others`, whoever is pending. Takes the tokens
  /// of one arrival, and counts it in its subnets from here on.
  refusal arrival_refusal(connection& arrived, std::uint64_t others);
  /// Why there is no room for one more connection, and who makes some: the oldest that has not
  /// authenticated, so that silence does not keep others out. None: there is no such one.
  struct crowd {
    refusal no;
    connection_slot oldest;
  };
  /// The same for a connection that arrived: nothing more may be pending beside what is, or there
  /// is no memory for it beside `others`.
  crowd arrival_crowd(const connection& arrived, std::uint64_t others, std::uint32_t ahead) const;
  /// The same for want of memory. Of arrivals and attempts of our own those make room of which more
  /// than `ahead` more have not authenticated than of those of the newcomer, so neither keep the
  /// others out; else an arrival for another, while for attempts of ours the line decides.
  crowd memory_crowd(direction newcomer, std::uint64_t others, std::uint32_t ahead) const;
  /// The same when the host had no descriptor for it: once for each direction until somebody
  /// arrives, it may be no help.
  crowd descriptor_crowd(direction newcomer, std::uint32_t ahead);
  /// Whether an attempt would find no descriptor: since one did not, or somebody who comes is to
  /// have the next, until a connection ends or arrives.
  bool descriptors_out() const noexcept { return descriptors_out_; }
  void descriptors_out(bool out) noexcept { descriptors_out_ = out; }
  const slot_list<connection>& unauthenticated(direction way) const noexcept {
    return unauthenticated_[static_cast<std::size_t>(way)];
  }
  /// The host is short of memory, or not any more.
  void pressure(bool memory) noexcept { memory_pressure_ = memory; }
  /// Why no permit is to be had for an outbound connection to `peer`, wherever it is.
  refusal dial_refusal(peer_slot peer, time_point at) const;
  /// The part of it that is about the subnets of an address.
  refusal address_refusal(peer_slot peer, const endpoint& where) const;
  /// Why no permit is to be had for what is wanted.
  refusal permit_refusal(claim wanted) const;
  /// The same as if `holder` had given its permit back, if it has one.
  refusal refusal_instead(const connection& holder, claim wanted);
  /// permit_refusal() said nothing.
  permit issue(claim wanted) noexcept { return ledger_.issue(wanted); }
  /// The permit of `holder`, for another connection of its peer; refusal_instead() said nothing.
  permit hand_over(connection& holder, claim wanted) noexcept;
  /// Nothing happens without one.
  void give_back(connection& holder) noexcept;

  /// The connection is one of its subnets' until it ends, and leave_subnet() of both is called.
  void enter_subnets(connection& conn);
  void leave_subnet(subnet_slot subnet);
  void enter_pending(slot_table<connection>& connections, connection_slot conn_at);
  void leave_pending(slot_table<connection>& connections, connection_slot conn_at);
  /// Nobody makes `conn_at` give way from here on: it has authenticated, or goes anyway.
  void leave_unauthenticated(slot_table<connection>& connections, connection_slot conn_at);

  /// Other options than `before`: rates anew, and if those of subnets changed, all counts.
  void options_changed(const manager_options& before, slot_table<connection>& connections);
  /// Whether all permits are accounted for. Looks at every peer and subnet.
  bool conserved() const noexcept { return ledger_.conserved(); }

  /// The ledger counts in other tables, what is counted follows from options.
  TANDEM_FIELDS_BUT((with_, ledger_, counted_), rules_, node_rate_, subnet_rate_, node_full_,
                    unauthenticated_, memory_pressure_, gave_descriptor_, descriptors_out_)

 private:
  void apply_options();
  bool counts(subnet_width width) const noexcept {
    return counted_[static_cast<std::size_t>(width)];
  }
  refusal rate_refusal(const connection& arrived);
  connection_slot longest(direction newcomer, std::uint32_t ahead) const;
  refusal memory_refusal(std::uint64_t others) const;
  void recount_subnets(slot_table<connection>& connections);

  const shared& with_;
  access_list rules_;
  permit_ledger ledger_;
  accept_rate node_rate_;
  accept_rate subnet_rate_;
  time_point node_full_ = time_point::min();              ///< when the node's bucket is full
  std::array<slot_list<connection>, 2> unauthenticated_;  ///< by direction, pending, oldest first
  std::array<bool, 2> counted_{};  ///< by width, whether its subnets are counted
  bool memory_pressure_ = false;
  std::array<bool, 2> gave_descriptor_{};  ///< by direction, for one of it, since somebody arrived
  bool descriptors_out_ = false;
};

}  // namespace tandem::detail
