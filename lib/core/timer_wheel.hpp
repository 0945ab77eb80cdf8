// SPDX-License-Identifier: MIT
#pragma once

#include "deadline_queue.hpp"
#include "slot_table.hpp"
#include "table_memory.hpp"
#include "tandem/core/time.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace tandem::detail {

/// A deadline_queue for very many: the earliest are in one, the others wait in the lists of a
/// hierarchical timing wheel (Varghese and Lauck, 1987, scheme 7) until their tick is the earliest.
/// So arming, disarming and taking out is O(1), but for the logarithm of how many are due within
/// one tick, and a list that turns is walked once. Few deadlines never get a wheel. What comes out
/// does not depend on where it waited.
class timer_wheel {
 public:
  /// Above so many there is a wheel.
  static constexpr std::size_t few = 4096;

  /// Sets or moves the deadline of a slot. `never` disarms it.
  void arm(timer_kind kind, slot_index slot, time_point at);
  void disarm(timer_kind kind, slot_index slot);
  /// The slot's deadline, `never` when it has none.
  time_point armed(timer_kind kind, slot_index slot) const noexcept;
  /// The earliest deadline, `never` when there is none.
  time_point next() const noexcept { return near_.next(); }
  /// Takes the earliest deadline out, and among equals the one that was armed first; there is one.
  deadline_queue::due pop();
  std::size_t size() const noexcept { return near_.size() + waiting_; }

  /// Starts to load what is known of a slot.
  TANDEM_PREFETCHES void prefetch(timer_kind kind, slot_index slot) const noexcept {
    near_.prefetch(kind, slot);
    const auto& known = waiters_[static_cast<std::size_t>(kind)];
    if (slot < known.size()) __builtin_prefetch(&known[slot], 1);
  }

  /// For checkpoints: every deadline, wherever it waits.
  void fields(auto& a) {
    a(sequence_);
    if constexpr (std::remove_reference_t<decltype(a)>::reading) {
      table<deadline> all;
      a(all);
      for (const deadline& d : all) put(d);
      catch_up();
    } else {
      a(everything());
    }
  }

 private:
  using tick = std::int64_t;  ///< 2^20 ns, about a millisecond
  static constexpr tick no_tick = std::numeric_limits<tick>::max();
  static constexpr unsigned tick_bits = 20;
  static constexpr unsigned turn_bits = 12;  ///< of both levels: 4.3 s and 4.9 h
  static constexpr tick turn = tick{1} << turn_bits;
  /// Lists: those of the first level by tick, of the second by turn of the first, and the rest.
  static constexpr std::uint32_t rest = 2 * static_cast<std::uint32_t>(turn);
  static constexpr std::uint32_t lists_count = rest + 1;
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  using deadline = deadline_queue::entry;
  /// One slot of one kind, when its deadline is in a list.
  struct waiter {
    time_point at{};
    std::uint64_t sequence = 0;
    std::uint32_t next = none;  ///< owners in the same list
    std::uint32_t previous = none;
    std::uint32_t list = none;  ///< none: not in a list
  };

  static tick tick_of(time_point at) noexcept { return at.time_since_epoch().count() >> tick_bits; }
  waiter& of(std::uint32_t owner) noexcept;
  bool waits(timer_kind kind, slot_index slot) const noexcept;
  void put(const deadline& d);
  void enlist(const deadline& d, std::uint32_t list, tick earliest);
  void unlist(std::uint32_t owner) noexcept;
  void catch_up();
  void turn_to(tick now);
  void empty(std::uint32_t list);
  tick next_of(std::uint32_t first_list, tick after) const noexcept;
  table<deadline> everything() const;

  deadline_queue near_;  ///< all up to now_, and all that was armed while there were few
  tick now_ = std::numeric_limits<tick>::min();
  tick next_ = no_tick;       ///< in the lists there is nothing before it
  tick next_rest_ = no_tick;  ///< in the last list there is nothing before it
  std::size_t waiting_ = 0;
  table<std::uint32_t> lists_;      ///< the first owner of each; empty while there are few
  table<std::uint64_t> not_empty_;  ///< a bit for each list
  std::array<table<waiter>, timer_kinds> waiters_;  ///< by kind and slot
  std::uint64_t sequence_ = 0;
};

}  // namespace tandem::detail
