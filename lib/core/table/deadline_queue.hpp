// SPDX-License-Identifier: MIT
#pragma once

#include "core/table/indexed_heap.hpp"
#include "tandem/core/time.hpp"

#include <cstddef>
#include <cstdint>

namespace tandem::detail {

/// At most one deadline per key, earliest first; equal times in the order in which they were armed.
template <class Key>
class deadline_queue {
 public:
  /// Sets or moves the deadline of a key. `never` disarms it.
  void arm(Key key, time_point at) {
    if (at == never) return disarm(key);
    heap_.put(key, {at, sequence_++});
  }
  void disarm(Key key) noexcept { heap_.erase(key); }
  /// The key's deadline, `never` when it has none.
  time_point armed(Key key) const noexcept {
    const deadline* d = heap_.rank_of(key);
    return d == nullptr ? never : d->at;
  }
  /// The earliest deadline, `never` when there is none.
  time_point next() const noexcept { return heap_.empty() ? never : heap_.front_rank().at; }
  /// Whose that is; there is one.
  Key next_key() const noexcept { return heap_.front(); }
  /// The earliest deadline, into the cache.
  void bring_next() const noexcept { heap_.bring_front(); }
  /// Takes the earliest deadline out; there is one.
  Key pop() noexcept { return heap_.pop(); }
  std::size_t size() const noexcept { return heap_.size(); }

  TANDEM_FIELDS(heap_, sequence_)

 private:
  struct deadline {
    time_point at;
    std::uint64_t sequence;  ///< in which they were armed

    bool before(const deadline& other) const noexcept {
      return at != other.at ? at < other.at : sequence < other.sequence;
    }
  };

  indexed_heap<Key, deadline> heap_;
  std::uint64_t sequence_ = 0;
};

}  // namespace tandem::detail
