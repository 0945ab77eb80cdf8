// SPDX-License-Identifier: MIT
#include "peer_table.hpp"

namespace tandem::detail {

slot_index peer_table::find(const peer_id& id) const {
  return by_id_.find(hash_of(id), [&](slot_index s) { return peers_[s].id == id; });
}

slot_index peer_table::intern(const peer_id& id) {
  slot_index peer = find(id);
  if (peer == no_slot) {
    peer = peers_.take();
    peers_[peer].id = id;
    by_id_.insert(hash_of(id), peer);
  }
  return peer;
}

failure_record* peer_table::record_of(slot_index peer) noexcept {
  if (peer == no_slot || peers_[peer].record == no_slot) return nullptr;
  return &records_[peers_[peer].record].value;
}

const failure_record* peer_table::record_of(slot_index peer) const noexcept {
  if (peer == no_slot || peers_[peer].record == no_slot) return nullptr;
  return &records_[peers_[peer].record].value;
}

failure_record& peer_table::remember(slot_index peer) {
  if (peers_[peer].record == no_slot) {
    const slot_index record = records_.take();
    records_[record].peer = peer;
    peers_[peer].record = record;
  }
  return records_[peers_[peer].record].value;
}

peer_marks* peer_table::mark(slot_index peer, std::uint64_t marks_max) {
  if (peers_[peer].marks == no_slot) {
    if (marks_.size() >= marks_max) return nullptr;
    peers_[peer].marks = marks_.take();
  }
  return &marks_[peers_[peer].marks];
}

void peer_table::link_newest(slot_index record) noexcept {
  records_[record].older = newest_;
  records_[record].newer = no_slot;
  (newest_ == no_slot ? oldest_ : records_[newest_].newer) = record;
  newest_ = record;
}

void peer_table::unlink(slot_index record) noexcept {
  record_slot& r = records_[record];
  (r.older == no_slot ? oldest_ : records_[r.older].newer) = r.newer;
  (r.newer == no_slot ? newest_ : records_[r.newer].older) = r.older;
}

void peer_table::drop_record(slot_index peer) noexcept {
  peer_entry& p = peers_[peer];
  if (p.record == no_slot) return;
  if (p.evictable) unlink(p.record);
  records_.release(p.record);
  p.record = no_slot;
  p.evictable = false;
}

void peer_table::forget(slot_index peer) noexcept {
  peer_entry& p = peers_[peer];
  drop_record(peer);
  if (p.marks != no_slot) marks_.release(p.marks);
  by_id_.erase(hash_of(p.id), peer);
  peers_.release(peer);
}

std::uint64_t peer_table::settle(slot_index peer, time_point now, std::uint64_t records_max) {
  if (peer == no_slot) return 0;
  peer_entry& p = peers_[peer];
  const failure_record* record = record_of(peer);
  if (p.evictable) {
    unlink(p.record);
    p.evictable = false;
  }
  if (record != nullptr && record->blank()) {
    records_.release(p.record);
    p.record = no_slot;
    record = nullptr;
  }
  if (p.marks != no_slot && marks_[p.marks].blank(now)) {
    marks_.release(p.marks);
    p.marks = no_slot;
  }
  if (p.engaged()) return 0;
  if (record == nullptr) {
    if (p.marks == no_slot) forget(peer);
    return 0;
  }
  link_newest(p.record);
  p.evictable = true;
  std::uint64_t dropped = 0;
  for (; records_.size() > records_max && oldest_ != no_slot; ++dropped) {
    const slot_index victim = records_[oldest_].peer;
    if (peers_[victim].marks == no_slot)
      forget(victim);
    else
      drop_record(victim);
  }
  return dropped;
}

}  // namespace tandem::detail
