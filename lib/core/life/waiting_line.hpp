// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "core/life/records.hpp"
#include "core/life/shared.hpp"
#include "core/policy/refusal.hpp"
#include "core/table/dial_queue.hpp"
#include "core/table/slot_table.hpp"

#include <vector>

namespace tandem::detail {

/// Who waits for a place among the pending outbound connections: dials for their next attempt, and
/// the application's requests whose dial has no attempt yet. It alone changes the two lines, and
/// the stages `queued`, `behind` and `held` of a dial.
class waiting_line {
 public:
  waiting_line(const shared& with, slot_table<dial>& dials, slot_table<request>& requests)
      : with_(with), dials_(dials), requests_(requests) {}

  /// Whether the dial's peer has as many attempts as it may have at one time.
  bool attempts_full(dial_slot of) const;
  /// Whether somebody comes before it.
  bool must_wait(dial_slot who) const;
  void get_in_line(dial_slot who);
  /// It gets in line when an attempt at its peer is over.
  void wait_behind(dial_slot who);
  /// It waits for a trial, out of every other line.
  void hold(dial_slot who);
  /// Appends all that do, first in rank first; each is to be held again or to leave.
  void release(std::vector<dial_slot>& into);
  /// It is not served: others of its peer may be.
  void leave(dial_slot who);
  /// While another attempt at the peer may start, the first in rank of its dials behind the others
  /// gets in line.
  void attempt_over(peer_slot at);
  /// The dial whose turn it is once there is a place; no_slot when nobody waits.
  dial_slot front() const { return dial_line_.empty() ? dial_slot{} : dial_line_.front(); }
  /// The same, out of the line.
  dial_slot take_next();
  void priority_changed(dial_slot of);

  /// The attempt, which was a turn of the dial, has been silent for its patience: it may give way.
  void may_give_way(connection_slot attempt, std::uint32_t turn, dial_slot of);
  bool may_give_way(connection_slot attempt) const { return silent_.contains(attempt); }
  /// The attempt is over, or its peer said something.
  void stays(connection_slot attempt) { silent_.erase(attempt); }
  /// The last in rank of those attempts, when a dial that had fewer turns before, or is of higher
  /// priority, waits; or no_slot.
  connection_slot gives_way() const;

  void add(request_slot request_at);
  void remove(request_slot request_at);
  /// Of the requests of a dial with an attempt or an adopted connection the first does not wait:
  /// to be called when either may have changed.
  void recount(dial_slot who);
  /// Requests that wait for an attempt: what max_queued_requests bounds.
  std::size_t size() const noexcept { return request_line_.size(); }
  /// Whether one more request, whose dial may start at once or not, is one too many.
  bool is_full(bool may_start) const noexcept;
  refusal full() const noexcept;
  /// The request of the lowest priority that came last, when it is below `priority`; or no_slot.
  request_slot gives_way_to(std::int32_t priority) const;

  TANDEM_FIELDS_BUT((with_, dials_, requests_), dial_line_, held_, silent_, request_line_, redials_)

 private:
  dial_rank rank_of(dial_slot who) const {
    const dial& dial = dials_[who];
    return {dial.priority, dial.attempts > 0, dial.sequence, dial.turns};
  }

  const shared& with_;
  slot_table<dial>& dials_;
  slot_table<request>& requests_;
  dial_queue<dial, best_first> dial_line_;
  dial_queue<dial, best_first> held_;
  dial_queue<connection, worst_first> silent_;
  dial_queue<request, worst_first> request_line_;
  std::uint64_t redials_ = 0;  ///< requests of the core itself, which never wait here
};

}  // namespace tandem::detail
