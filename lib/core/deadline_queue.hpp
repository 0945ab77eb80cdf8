// SPDX-License-Identifier: MIT
#pragma once

#include "slot_table.hpp"
#include "tandem/core/time.hpp"

#include <array>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace tandem::detail {

/// What a deadline belongs to.
enum class timer_kind : std::uint8_t { connection, dial, request, host, peer };

/// At most one deadline per slot of each kind, earliest first; equal times in the order in which
/// they were armed. An indexed 4-ary heap: bounded by the slot tables, capacity is kept.
class deadline_queue {
 public:
  struct due {
    timer_kind kind;
    slot_index slot;
  };

  /// Sets or moves the deadline of a slot. `never` disarms it.
  void arm(timer_kind kind, slot_index slot, time_point at);
  void disarm(timer_kind kind, slot_index slot) noexcept;
  /// The slot's deadline, `never` when it has none.
  time_point armed(timer_kind kind, slot_index slot) const noexcept;
  /// The earliest deadline, `never` when there is none.
  time_point next() const noexcept { return heap_.empty() ? never : heap_.front().at; }
  /// Takes the earliest deadline out; there is one.
  due pop() noexcept;
  std::size_t size() const noexcept { return heap_.size(); }

  /// For checkpoints; the positions follow from the heap.
  void fields(auto& a) {
    a(heap_), a(sequence_);
    if constexpr (std::remove_reference_t<decltype(a)>::reading) find_positions();
  }

 private:
  static constexpr std::uint32_t kind_bits = 3;
  struct entry {
    time_point at;
    std::uint64_t sequence;
    std::uint32_t owner;  ///< slot << kind_bits | kind

    bool before(const entry& other) const noexcept {
      return at != other.at ? at < other.at : sequence < other.sequence;
    }

    /// Every field, for checkpoints.
    void fields(auto& a) { a(at), a(sequence), a(owner); }
  };

  std::uint32_t& position(std::uint32_t owner) noexcept;
  std::uint32_t position_of(timer_kind kind, slot_index slot) const noexcept;
  void put(std::uint32_t i, const entry& e) noexcept;
  void sift_up(std::uint32_t i, const entry& e) noexcept;
  void sift_down(std::uint32_t i, const entry& e) noexcept;
  void remove(std::uint32_t i) noexcept;
  void find_positions();

  std::vector<entry> heap_;
  std::array<std::vector<std::uint32_t>, 5> positions_;  ///< by kind and slot; no_slot: not armed
  std::uint64_t sequence_ = 0;
};

}  // namespace tandem::detail
