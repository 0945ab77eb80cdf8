// SPDX-License-Identifier: MIT
#include "message/records.hpp"

#include <stdexcept>
#include <utility>

namespace tandem::sim::message {

record_table::record_table(std::uint32_t shards) : stocks_(shards) {
  if (shards > 1) chunks_.reserve(chunks_max);  // others read it: it must not move
}

std::uint32_t record_table::begin_chunk() {
  auto chunk = std::make_unique<std::array<record, chunk_size>>();
  const std::lock_guard alone(growing_);
  if (chunks_.size() == chunks_max) throw std::length_error("2^31 simulated connections at once");
  chunks_.push_back(std::move(chunk));
  return static_cast<std::uint32_t>(chunks_.size() - 1) * chunk_size;
}

handle record_table::take(std::uint32_t shard) {
  stock& mine = stocks_[shard];
  std::uint32_t slot = mine.free;
  if (slot == none) {
    if (mine.fresh % chunk_size == 0) mine.fresh = begin_chunk();
    slot = mine.fresh++;
  } else {
    mine.free = at(slot).next_free;
  }
  record& r = at(slot);
  const std::uint32_t generation = r.generation + 1;
  r = record{};
  r.generation = generation;
  return {slot, generation};
}

void record_table::give(std::uint32_t shard, std::uint32_t slot) {
  record& r = at(slot);
  ++r.generation;
  r.next_free = stocks_[shard].free;
  stocks_[shard].free = slot;
}

void flying_bytes::add(std::uint32_t& last, time_point arrives, std::uint32_t bytes) {
  if (free_ == none) {
    free_ = static_cast<std::uint32_t>(all_.size());
    all_.push_back({{}, 0, none});
  }
  const std::uint32_t fresh = free_;
  free_ = all_[fresh].next;
  all_[fresh] = {arrives, bytes, last == none ? fresh : std::exchange(all_[last].next, fresh)};
  last = fresh;
}

std::uint32_t flying_bytes::arrived(std::uint32_t& last, time_point now) {
  std::uint32_t bytes = 0;
  while (last != none) {
    const std::uint32_t first = all_[last].next;
    if (all_[first].arrives > now) break;
    bytes += all_[first].bytes;
    if (first == last)
      last = none;
    else
      all_[last].next = all_[first].next;
    all_[first].next = free_;
    free_ = first;
  }
  return bytes;
}

}  // namespace tandem::sim::message
