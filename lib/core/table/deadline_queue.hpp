// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

namespace tandem::detail {

/// What a deadline belongs to.
enum class timer_kind : std::uint8_t { connection, dial, request, node, peer };
inline constexpr std::size_t timer_kinds = 5;

inline constexpr std::uint32_t not_armed = std::numeric_limits<std::uint32_t>::max();

/// A slot of one kind in one number.
inline constexpr unsigned kind_bits = 3;
static_assert(timer_kinds <= 1U << kind_bits);
constexpr std::uint32_t owner_of(timer_kind kind, std::uint32_t slot) noexcept {
  return slot << kind_bits | static_cast<std::uint32_t>(kind);
}
constexpr timer_kind kind_of(std::uint32_t owner) noexcept {
  return static_cast<timer_kind>(owner & ((1U << kind_bits) - 1));
}
constexpr std::uint32_t slot_of(std::uint32_t owner) noexcept { return owner >> kind_bits; }

/// At most one deadline per slot of each kind, earliest first; equal times in the order in which
/// they were armed. An indexed 4-ary heap: bounded by the slot tables, capacity is kept.
class deadline_queue {
 public:
  struct due {
    timer_kind kind;
    std::uint32_t slot;
  };

  /// Sets or moves the deadline of a slot. `never` disarms it.
  void arm(timer_kind kind, std::uint32_t slot, time_point at);
  void disarm(timer_kind kind, std::uint32_t slot) noexcept;
  /// The slot's deadline, `never` when it has none.
  time_point armed(timer_kind kind, std::uint32_t slot) const noexcept;
  /// The earliest deadline, `never` when there is none.
  time_point next() const noexcept { return heap_.empty() ? never : heap_.front().at; }
  /// Takes the earliest deadline out; there is one.
  due pop() noexcept;
  std::size_t size() const noexcept { return heap_.size(); }

  /// For checkpoints; the positions follow from the heap.
  void fields(auto& a) {
    [[maybe_unused]] auto& [heap, positions, sequence] = *this;
    a(heap), a(sequence);
    if constexpr (std::remove_reference_t<decltype(a)>::reading) find_positions();
  }

 private:
  struct entry {
    time_point at;
    std::uint64_t sequence;  ///< in which they were armed
    std::uint32_t owner;

    bool before(const entry& other) const noexcept {
      return at != other.at ? at < other.at : sequence < other.sequence;
    }
  };
  std::uint32_t& position(std::uint32_t owner) noexcept;
  std::uint32_t position_of(timer_kind kind, std::uint32_t slot) const noexcept;
  void put(std::uint32_t i, const entry& e) noexcept;
  void sift_up(std::uint32_t i, const entry& e) noexcept;
  void sift_down(std::uint32_t i, const entry& e) noexcept;
  void remove(std::uint32_t i) noexcept;
  void find_positions();

  std::vector<entry> heap_;
  std::array<std::vector<std::uint32_t>, timer_kinds>
      positions_;  ///< by kind and slot; not_armed: not armed
  std::uint64_t sequence_ = 0;
};

}  // namespace tandem::detail
