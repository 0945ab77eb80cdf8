// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "core/life/shared.hpp"
#include "core/policy/address_records.hpp"
#include "core/policy/refusal.hpp"
#include "core/policy/uplink.hpp"

#include <utility>

namespace tandem::detail {

/// What this node holds against others, and what follows: the records of peers (backoff, circuit,
/// penalty), the backoffs of addresses, the circuits of wide subnets, and the suspicion that it is
/// this node's own uplink. It is told what happened and asked before something is begun; it knows
/// no connection and no dial.
class reputation {
 public:
  /// Hears what follows from a judgement.
  class listener {
   public:
    virtual void notify(const notification& what) = 0;
    /// The record of the peer changed: to be settled.
    virtual void settle(peer_slot peer) = 0;

   protected:
    ~listener() = default;
  };

  reputation(const shared& with, listener& to, std::uint64_t salt)
      : with_(with), listener_(to), addresses_(salt) {}

  /// Why no dial to `peer` may begin `at` that time. One that `waits` goes on when eased() says so.
  refusal record_refusal(peer_slot peer, time_point at) const;
  /// Why no inbound connection of `peer` may be had now.
  refusal accept_refusal(peer_slot peer) const;
  /// Why nothing may be tried at `where` for `peer` (no_slot: for whoever answers) now: both were
  /// silent already while this node is offline, or the circuit of its wide subnet.
  refusal attempt_refusal(peer_slot peer, const endpoint& where) const;
  /// Whether the peer is held back for nothing but that it could not be reached.
  bool was_unreachable(peer_slot peer) const;
  /// Whether nothing is remembered against the address.
  bool never_failed(const endpoint& where) const {
    return addresses_.history(where, with_.now).failed_at == time_point::min();
  }
  /// The end of the address's backoff; the past when it has none.
  time_point address_until(const endpoint& where) const { return addresses_.until(where); }
  address_history history(const endpoint& where) const {
    return addresses_.history(where, with_.now);
  }

  /// Whether something changed for those whose refusal `waits` since this was asked last.
  bool eased() noexcept { return std::exchange(eased_, false); }

  /// A dial begins, which nothing refuses.
  /// True when it is a trial of the half-open circuit of its peer, to be told when that is over.
  bool dial_begins(peer_slot peer);
  void dial_trial_over(peer_slot peer);

  /// An attempt at `where` starts: true when it is a trial of its subnet's circuit.
  bool attempt_starts(peer_slot peer, const endpoint& where);
  void attempt_connected(const endpoint& where);
  void attempt_trial_over(const endpoint& where);
  /// How an attempt failed, not by our own fault.
  struct attempt_fault {
    failure_class what = failure_class::none;
    time_point since{};      ///< when it was heard last
    bool anyone = false;     ///< its dial knew no peer
    bool connected = false;  ///< the address had answered
  };
  void attempt_failed(const endpoint& where, const attempt_fault& of);

  /// A failure of a peer, which was silent since `since`.
  struct fault {
    failure_class what = failure_class::none;
    cause why = cause::none;
    duration retry_after{};
    time_point since{};
  };
  /// The record of `peer` grows, and `told` gets the numbers; the notices of it go out.
  void blame(peer_slot peer, const fault& of, notification& told);
  /// The peer is neither dialled nor accepted for so long, for our own reasons.
  void penalise(peer_slot peer, duration period);
  /// The peer is not dialled for so long: it asked for that, see named_wait().
  void postpone(peer_slot peer, duration period);
  /// A connection with the peer is ready; `told` is about it.
  void works(peer_slot peer, notification told);
  void address_works(const endpoint& where);
  /// A dial ended an attempt that was under way there: nobody's fault, but others come first now.
  void address_tried(const endpoint& where);
  /// A connection that was ready since then is over: if that was long enough, and without a
  /// failure, what its peer did before is forgotten.
  void lasted(peer_slot peer, time_point since);

  /// Something came from the network `at` that time: this node is not offline.
  void life_sign(time_point at);
  /// Another network: failures that were about the path say nothing any more.
  void network_changed();
  /// The operator lets the peer off. False when nothing was held against it.
  bool override_backoff(peer_slot peer);
  /// It is time for the next trial of those who were silent while this node is offline.
  void uplink_trial_due() noexcept { eased_ = true; }
  bool uplink_trial_is_due() const noexcept {
    return uplink_.offline() && with_.now >= uplink_.next_trial();
  }
  /// Other options come: what was over under those before stays so.
  void forget_what_is_over();
  /// They came: bounds and orders everything anew.
  void options_changed();

  TANDEM_FIELDS_BUT((with_, listener_), addresses_, uplink_, eased_)

 private:
  bool is_silent(peer_slot peer, const endpoint& where) const;
  failure_record* remembered(peer_slot peer);
  failure_record& remember(peer_slot peer);
  void suspect_uplink(const uplink_guard::suspect& who, time_point since);
  void subnet_failed(const endpoint& where);
  circuit_breaker& circuit_of(subnet_slot subnet);
  subnet_slot wide_subnet(const endpoint& where) const;
  void settle_circuit(subnet_slot subnet);
  void notify_circuit(notice kind, const endpoint& where, subnet_slot subnet);
  void count_addresses() { with_.counters.remembered_addresses = addresses_.size(); }

  const shared& with_;
  listener& listener_;
  address_records addresses_;
  uplink_guard uplink_;
  bool eased_ = false;
};

}  // namespace tandem::detail
