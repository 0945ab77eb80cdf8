// SPDX-License-Identifier: MIT
#include "core/table/timer_wheel.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace tandem::detail {

timer_wheel::waiter& timer_wheel::of(std::uint32_t owner) noexcept {
  return waiters_[static_cast<std::size_t>(kind_of(owner))][slot_of(owner)];
}

bool timer_wheel::waits(timer_kind kind, std::uint32_t slot) const noexcept {
  const auto& known = waiters_[static_cast<std::size_t>(kind)];
  return slot < known.size() && known[slot].list != none;
}

void timer_wheel::arm(timer_kind kind, std::uint32_t slot, time_point at) {
  if (at == never) return disarm(kind, slot);
  const deadline d{at, sequence_++, owner_of(kind, slot)};
  make_wheel_for_many();
  if (waits(kind, slot))
    unlist(d.owner);
  else if (!lists_.empty() && tick_of(at) > now_)
    near_.disarm(kind, slot);  // what moves within the queue need not leave it first
  put(d);
  catch_up();
}

void timer_wheel::disarm(timer_kind kind, std::uint32_t slot) {
  if (waits(kind, slot))
    unlist(owner_of(kind, slot));
  else
    near_.disarm(kind, slot);
  catch_up();
}

time_point timer_wheel::armed(timer_kind kind, std::uint32_t slot) const noexcept {
  return waits(kind, slot) ? waiters_[static_cast<std::size_t>(kind)][slot].at
                           : near_.armed(kind, slot);
}

deadline_queue::due timer_wheel::pop() {
  const deadline_queue::due first = near_.pop();
  catch_up();
  return first;
}

void timer_wheel::make_wheel_for_many() {
  if (!lists_.empty() || near_.size() < few) return;
  lists_.assign(lists_count, none);
  not_empty_.assign(lists_count / 64 + 1, 0);
  now_ = tick_of(near_.next());
}

/// Puts a deadline that is nowhere where it belongs; catch_up() when all are.
void timer_wheel::put(const deadline& d) {
  const tick at = tick_of(d.at);
  if (lists_.empty() || at <= now_) return near_.arm(d);
  for (unsigned level = 0; level < levels; ++level) {
    const unsigned shift = level * level_bits;
    const tick block = at >> shift;
    if (block - (now_ >> shift) < turn) return enlist(d, list_of(level, block), block << shift);
  }
  enlist(d, rest, at);
}

void timer_wheel::enlist(const deadline& d, std::uint32_t list, tick earliest) {
  auto& known = waiters_[static_cast<std::size_t>(kind_of(d.owner))];
  // One at a time, so that the capacity grows geometrically.
  while (known.size() <= slot_of(d.owner)) known.emplace_back();
  const std::uint32_t second = std::exchange(lists_[list], d.owner);
  if (second != none) of(second).previous = d.owner;
  known[slot_of(d.owner)] = {d.at, d.sequence, second, none, list};
  not_empty_[list / 64] |= std::uint64_t{1} << list % 64;
  ++waiting_;
  next_ = std::min(next_, earliest);
  if (list == rest) next_rest_ = std::min(next_rest_, earliest);
}

void timer_wheel::unlist(std::uint32_t owner) noexcept {
  const waiter w = std::exchange(of(owner), {});
  (w.previous == none ? lists_[w.list] : of(w.previous).next) = w.next;
  if (w.next != none) of(w.next).previous = w.previous;
  if (lists_[w.list] == none) not_empty_[w.list / 64] &= ~(std::uint64_t{1} << w.list % 64);
  --waiting_;
}

/// Turns the wheel until the earliest deadline of all is in the queue.
void timer_wheel::catch_up() {
  while (waiting_ > 0 && (near_.size() == 0 || next_ <= tick_of(near_.next()))) turn_to(next_);
}

void timer_wheel::turn_to(tick now) {
  now_ = now;
  if (next_rest_ <= now) {
    next_rest_ = no_tick;
    empty(rest);
  }
  next_ = next_rest_;
  for (unsigned level = levels; level-- > 0;) {
    const unsigned shift = level * level_bits;
    empty(list_of(level, now >> shift));
  }
  for (unsigned level = 0; level < levels; ++level) {
    const unsigned shift = level * level_bits;
    const tick block = next_of(level, now >> shift);
    if (block != no_tick) next_ = std::min(next_, block << shift);
  }
}

/// Puts all of a list where they belong now; that may be the same list again.
void timer_wheel::empty(std::uint32_t list) {
  std::uint32_t owner = std::exchange(lists_[list], none);
  not_empty_[list / 64] &= ~(std::uint64_t{1} << list % 64);
  while (owner != none) {
    const waiter w = std::exchange(of(owner), {});
    --waiting_;
    if (w.next != none) __builtin_prefetch(&of(w.next));
    put({w.at, w.sequence, owner});
    owner = w.next;
  }
}

/// The earliest after `after` whose list in a level is not empty; no_tick: none.
timer_wheel::tick timer_wheel::next_of(unsigned level, tick after) const noexcept {
  const std::uint64_t* const words = &not_empty_[list_of(level, 0) / 64];
  constexpr tick words_count = turn / 64;
  // The word that the search begins in is looked at twice: its end, and at last its beginning.
  for (tick n = 0; n <= words_count; ++n) {
    const tick from = after + 1;
    const tick word = ((from >> 6) + n) & (words_count - 1);
    std::uint64_t bits = words[word];
    if (n == 0) bits &= ~std::uint64_t{0} << (from & 63);
    if (n == words_count) bits &= ~(~std::uint64_t{0} << (from & 63));
    if (bits != 0) return (((from >> 6) + n) << 6) + std::countr_zero(bits);
  }
  return no_tick;
}

/// In order, so that it does not say where they waited.
table<timer_wheel::deadline> timer_wheel::everything() const {
  table<deadline> all = near_.entries();
  for (std::size_t kind = 0; kind < timer_kinds; ++kind)
    for (std::uint32_t s = 0; s < waiters_[kind].size(); ++s)
      if (const waiter& w = waiters_[kind][s]; w.list != none)
        all.push_back({w.at, w.sequence, owner_of(static_cast<timer_kind>(kind), s)});
  std::sort(all.begin(), all.end(),
            [](const deadline& a, const deadline& b) { return a.before(b); });
  return all;
}

/// Of a damaged checkpoint only what can be.
void timer_wheel::restore(const table<deadline>& all) {
  for (const deadline& d : all) {
    const timer_kind kind = kind_of(d.owner);
    if (static_cast<std::size_t>(kind) >= timer_kinds || armed(kind, slot_of(d.owner)) != never)
      continue;
    make_wheel_for_many();
    put(d);
  }
  catch_up();
}

}  // namespace tandem::detail
