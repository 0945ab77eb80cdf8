// SPDX-License-Identifier: MIT
#pragma once

#include "core/table/deadline_queue.hpp"
#include "core/table/table_memory.hpp"
#include "tandem/core/time.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace tandem::detail {

/// A deadline_queue for very many: the earliest are in one, the others wait in the lists of a
/// hierarchical timing wheel (Varghese and Lauck, 1987, scheme 7) until their tick is the earliest.
/// So arming, disarming and taking out is O(1), but for the logarithm of how many are in the queue:
/// what is due within one tick, and what was armed before the tick the wheel had turned to. Now and
/// then one call walks a list, of at most a sixteenth of the deadlines if those are spread evenly.
/// There is a wheel once there were many. What comes out does not depend on where it waited. Who
/// runs out of memory while the wheel turns must not use it any more.
class timer_wheel {
 public:
  /// From so many on there is a wheel.
  static constexpr std::uint32_t few = 4096;

  /// Sets or moves the deadline of a slot. `never` disarms it.
  void arm(timer_kind kind, std::uint32_t slot, time_point at);
  void disarm(timer_kind kind, std::uint32_t slot);
  /// The slot's deadline, `never` when it has none.
  time_point armed(timer_kind kind, std::uint32_t slot) const noexcept;
  /// The earliest deadline, `never` when there is none.
  time_point next() const noexcept { return near_.next(); }
  /// Takes the earliest deadline out, and among equals the one that was armed first; there is one.
  deadline_queue::due pop();
  std::size_t size() const noexcept { return near_.size() + waiting_; }

  /// Starts to load what is known of a slot.
  TANDEM_PREFETCHES void prefetch(timer_kind kind, std::uint32_t slot) const noexcept {
    near_.prefetch(kind, slot);
    const auto& known = waiters_[static_cast<std::size_t>(kind)];
    if (slot < known.size()) __builtin_prefetch(&known[slot], 1);
  }

  /// For checkpoints: every deadline, wherever it waits.
  void fields(auto& a) {
    [[maybe_unused]] auto& [near, now, next, next_rest, waiting, lists, not_empty, waiters,
                            sequence] = *this;
    a(sequence);
    if constexpr (std::remove_reference_t<decltype(a)>::reading) {
      table<deadline> all;
      a(all);
      restore(all);
    } else {
      a(everything());
    }
  }

 private:
  using tick = std::int64_t;  ///< 2^20 ns, about a millisecond
  static constexpr tick no_tick = std::numeric_limits<tick>::max();
  static constexpr unsigned tick_bits = 20;
  /// A list of one level is as long as 256 of the level before, whose lists reach 16 times as far.
  static constexpr unsigned levels = 3;
  static constexpr unsigned level_bits = 8;
  static constexpr unsigned turn_bits = 12;  ///< lists of a level: 4.3 s, 18 min and 78 h
  static constexpr tick turn = tick{1} << turn_bits;
  static constexpr std::uint32_t rest = levels << turn_bits;  ///< the list of all after those
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
  /// The list of a level that a tick, or a multiple of 256 of them, has.
  static std::uint32_t list_of(unsigned level, tick block) noexcept {
    return level << turn_bits | static_cast<std::uint32_t>(block & (turn - 1));
  }
  waiter& of(std::uint32_t owner) noexcept;
  bool waits(timer_kind kind, std::uint32_t slot) const noexcept;
  void make_wheel_for_many();
  void put(const deadline& d);
  void enlist(const deadline& d, std::uint32_t list, tick earliest);
  void unlist(std::uint32_t owner) noexcept;
  void catch_up();
  void turn_to(tick now);
  void empty(std::uint32_t list);
  tick next_of(unsigned level, tick after) const noexcept;
  void restore(const table<deadline>& all);
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
