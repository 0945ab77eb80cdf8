// SPDX-License-Identifier: MIT
#include "core/policy/peer_table.hpp"

namespace tandem::detail {

peer_slot peer_table::find(const peer_id& id) const {
  return by_id_.find(hash_of(id, salt_), [&](peer_slot s) { return peers_[s].id == id; });
}

peer_slot peer_table::intern(const peer_id& id) {
  return by_id_.find_or_insert(
      hash_of(id, salt_), [&](peer_slot s) { return peers_[s].id == id; },
      [&] {
        const peer_slot peer = peers_.take();
        peers_[peer].id = id;
        return peer;
      });
}

failure_record* peer_table::record_of(peer_slot peer) noexcept {
  if (peer == no_slot || peers_[peer].record == no_slot) return nullptr;
  return &records_[peers_[peer].record].value;
}

const failure_record* peer_table::record_of(peer_slot peer) const noexcept {
  if (peer == no_slot || peers_[peer].record == no_slot) return nullptr;
  return &records_[peers_[peer].record].value;
}

failure_record& peer_table::remember(peer_slot peer) {
  if (peers_[peer].record == no_slot) {
    const record_slot record = records_.take();
    records_[record].peer = peer;
    peers_[peer].record = record;
  }
  return records_[peers_[peer].record].value;
}

peer_marks* peer_table::mark(peer_slot peer, std::uint64_t marks_max) {
  if (peers_[peer].marks == no_slot) {
    if (marks_.size() >= marks_max) return nullptr;
    peers_[peer].marks = marks_.take();
  }
  return &marks_[peers_[peer].marks];
}

peer_slot peer_table::take_unmarked(time_point now) noexcept {
  return mark_ends_.next() <= now ? mark_ends_.pop() : no_slot;
}

void peer_table::drop_marks(peer_slot peer) noexcept {
  peer_entry& p = peers_[peer];
  if (p.marks == no_slot) return;
  mark_ends_.disarm(peer);
  marks_.release(p.marks);
  p.marks = no_slot;
}

void peer_table::put_in_order(record_slot record, time_point now, const backoff_options& options) {
  const peer_record& r = records_[record];
  leave_order(record);
  if (now < r.value.penalty_end())
    by_penalty_.arm(record, r.value.penalty_end());
  else
    by_expiry_.arm(record, r.value.expiry(options));
  peers_[r.peer].evictable = true;
}

void peer_table::leave_order(record_slot record) noexcept {
  by_expiry_.disarm(record);
  by_penalty_.disarm(record);
  peers_[records_[record].peer].evictable = false;
}

void peer_table::drop_record(peer_slot peer) noexcept {
  peer_entry& p = peers_[peer];
  if (p.record == no_slot) return;
  if (p.evictable) leave_order(p.record);
  records_.release(p.record);
  p.record = no_slot;
}

void peer_table::drop_soonest() noexcept {
  auto& order = by_expiry_.size() > 0 ? by_expiry_ : by_penalty_;
  const peer_slot peer = records_[order.pop()].peer;
  drop_record(peer);
  if (peers_[peer].marks == no_slot) forget(peer);
}

void peer_table::forget(peer_slot peer) noexcept {
  peer_entry& p = peers_[peer];
  drop_record(peer);
  drop_marks(peer);
  by_id_.erase(hash_of(p.id, salt_), peer);
  peers_.release(peer);
}

std::uint64_t peer_table::settle(peer_slot peer, time_point now, const backoff_options& options) {
  if (peer == no_slot) return 0;
  peer_entry& p = peers_[peer];
  const failure_record* record = record_of(peer);
  if (record != nullptr && record->blank(now, options)) {
    drop_record(peer);
    record = nullptr;
  }
  if (p.marks != no_slot && marks_[p.marks].end() <= now)
    drop_marks(peer);
  else if (p.marks != no_slot)
    mark_ends_.arm(peer, marks_[p.marks].end());
  if (p.engaged()) {
    if (p.evictable) leave_order(p.record);
  } else if (record != nullptr) {
    put_in_order(p.record, now, options);
  } else if (p.marks == no_slot) {
    forget(peer);
  }
  while (by_penalty_.next() <= now) put_in_order(by_penalty_.pop(), now, options);
  // More leave than come, and a bounded number at a time.
  for (int n = 0; n < 2 && by_expiry_.next() <= now; ++n) drop_soonest();
  std::uint64_t dropped = 0;
  for (; by_expiry_.size() + by_penalty_.size() > options.max_remembered_peers; ++dropped)
    drop_soonest();
  return dropped;
}

std::uint64_t peer_table::settle_all(time_point now, const backoff_options& options) {
  // The order first, so that whoever is dropped for being too many is the right one.
  for (const record_slot r : records_)
    if (peers_[records_[r].peer].evictable) put_in_order(r, now, options);
  std::uint64_t dropped = 0;
  for (const record_slot r : records_) dropped += settle(records_[r].peer, now, options);
  return dropped;
}

}  // namespace tandem::detail
