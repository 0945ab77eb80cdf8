// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "core/policy/failure_record.hpp"
#include "core/policy/marks.hpp"
#include "core/policy/slots.hpp"
#include "core/table/deadline_queue.hpp"
#include "core/table/index_table.hpp"
#include "core/table/slot_table.hpp"
#include "tandem/core/ids.hpp"

#include <cstdint>

namespace tandem::detail {

/// What a peer did, kept apart from the peer: most do nothing.
struct peer_record {
  failure_record value;
  peer_slot peer;
  slot<peer_record> next_free;
  bool used = false;
};

/// A peer this node has connections with, dials, or remembers something about.
struct peer_entry {
  peer_id id;
  bool used = false;
  bool evictable = false;  ///< its record is in the order of those that may be dropped
  peer_slot next_free;
  slot<peer_record> record;          ///< into the records, when something is remembered
  slot<peer_marks> marks;            ///< into the marks, when the operator set any
  connection_slot first_connection;  ///< authenticated ones, oldest first
  connection_slot last_connection;
  connection_slot
      returning;         ///< one that waits for the place of another of them, which may be dead
  dial_slot first_dial;  ///< in progress
  std::uint32_t permits = 0;     ///< established permits held
  std::uint32_t active = 0;      ///< ready and not yet closed
  std::uint32_t attempts = 0;    ///< of its dials, neither connected nor ended
  std::uint32_t blocked = 0;     ///< dials that wait for one of those to end
  std::uint16_t unresolved = 0;  ///< dials in a row for which there was no address

  bool engaged() const noexcept { return first_connection != no_slot || first_dial != no_slot; }
};

/// Interned peers, their failure records and marks. A peer without connections, dials, record and
/// marks is forgotten at once. Records of peers that are engaged are never dropped, and bounded by
/// the limits on connections and dials; the others are bounded by `max_remembered_peers`: when
/// there is one too many, the one that would expire soonest goes, be it the new one, and one with a
/// penalty that runs only when all have one. A peer cannot make its record be forgotten with fresh
/// identities, whose records expire sooner, but only with as many that failed as much; and not its
/// penalty, since only this node gives those, and evicts one peer in `eviction_interval`.
class peer_table {
 public:
  /// With a salt that outsiders do not know they cannot choose ids that are slow to find.
  explicit peer_table(std::uint64_t salt = 0) noexcept : salt_(salt) {}
  /// The peer's index, or no_slot.
  peer_slot find(const peer_id& id) const;
  /// The peer's index; a new peer is added. Call settle() when done with it.
  peer_slot intern(const peer_id& id);
  /// Whether anything is known of the peer beside its connections and dials.
  bool is_known(peer_slot peer) const noexcept {
    return peers_[peer].record != no_slot || peers_[peer].marks != no_slot;
  }
  /// To be called whenever the peer may have become engaged or stopped being so, or its record
  /// changed: shields the record, makes it droppable, or forgets the peer; an expired record goes.
  /// Returns how many records were dropped for being too many. O(log n).
  std::uint64_t settle(peer_slot peer, time_point now, const backoff_options& options);
  /// Other options, or all records may have changed: settles every peer with a record. O(n log n).
  std::uint64_t settle_all(time_point now, const backoff_options& options);

  peer_entry& operator[](peer_slot peer) noexcept { return peers_[peer]; }
  const peer_entry& operator[](peer_slot peer) const noexcept { return peers_[peer]; }
  /// The record, or null.
  failure_record* record_of(peer_slot peer) noexcept;
  const failure_record* record_of(peer_slot peer) const noexcept;
  /// The record, made when there is none.
  failure_record& remember(peer_slot peer);
  /// The marks of the peer, or null.
  const peer_marks* marks_of(peer_slot peer) const noexcept {
    return peer == no_slot || peers_[peer].marks == no_slot ? nullptr : &marks_[peers_[peer].marks];
  }
  /// The marks of the peer to change; made while there are fewer than `marks_max`, else null. Call
  /// settle() when done with them.
  peer_marks* mark(peer_slot peer, std::uint64_t marks_max);
  /// A peer whose last mark is over, told once and to be settled; no_slot when there is none.
  peer_slot take_unmarked(time_point now) noexcept;
  bool is_protected(peer_slot peer, time_point now) const noexcept {
    const peer_marks* marks = marks_of(peer);
    return marks != nullptr && marks->is_protected(now);
  }
  std::size_t records() const noexcept { return records_.size(); }
  std::size_t marked() const noexcept { return marks_.size(); }
  /// Calls `change` with every record; settle_all() afterwards.
  template <class Change>
  void change_records(Change&& change) {
    for (const record_slot r : records_) change(records_[r].value);
  }
  auto begin() const noexcept { return peers_.begin(); }
  auto end() const noexcept { return peers_.end(); }
  std::size_t size() const noexcept { return peers_.size(); }
  std::uint32_t bound() const noexcept { return peers_.bound(); }

  TANDEM_FIELDS(salt_, peers_, records_, marks_, by_id_, by_expiry_, by_penalty_, mark_ends_)

 private:
  using record_slot = slot<peer_record>;

  void drop_marks(peer_slot peer) noexcept;
  void put_in_order(record_slot record, time_point now, const backoff_options& options);
  void leave_order(record_slot record) noexcept;
  void drop_record(peer_slot peer) noexcept;
  void drop_soonest() noexcept;
  void forget(peer_slot peer) noexcept;

  std::uint64_t salt_;
  slot_table<peer_entry> peers_;
  slot_table<peer_record> records_;
  slot_table<peer_marks> marks_;
  index_table<peer_entry> by_id_;
  deadline_queue<record_slot> by_expiry_;  ///< records of peers that are not engaged, but for those
  deadline_queue<record_slot> by_penalty_;  ///< with a penalty that runs, by its end
  deadline_queue<peer_slot> mark_ends_;     ///< of peers whose marks end
};

}  // namespace tandem::detail
