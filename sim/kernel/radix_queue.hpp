// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tandem::sim {

/// A monotone priority queue of (time, ticket) in (time, insertion) order: a radix heap of 256
/// buckets for each byte of the time (Ahuja, Mehlhorn, Orlin, Tarjan, "Faster algorithms for the
/// shortest path problem", 1990). An entry lies in the level of the highest byte in which its time
/// differs from that of the last entry popped, so entries of equal time always share a bucket, in
/// the order of their insertion. Times pushed are never before the last one popped. Entries live in
/// blocks of one pool: no allocation once the pool has grown to the high-water mark.
class radix_queue {
 public:
  struct entry {
    std::uint64_t when;
    std::uint32_t slot;
    std::uint32_t generation;
  };

  void push(const entry& e) { put(e); }

  /// Pops the first entry whose time is at most `until` and that is not `dead(entry)`; dead ones
  /// met on the way are dropped (`dead` counts them, it is asked once for each that is dropped).
  /// Nothing later than `until` is disturbed, so times from `until` on may still be pushed. Of what
  /// comes soon after, in another 65 us, `soon(entry, steps)` hears, most of it once for each
  /// number of steps from `steps_ahead` down to 1, dead or not.
  template <class Dead, class Soon>
  bool pop(std::uint64_t until, entry& out, Dead&& dead, Soon&& soon);
  static constexpr unsigned steps_ahead = 4;

  /// Whether there are more of the same time as the last one popped, dead or not.
  bool more_now() const { return (levels_ & 1U) != 0 && buckets_[0][last_ & 255].count != 0; }
  /// The time of the first entry, dead or not; none: the end of time.
  std::uint64_t first() const;

  /// Drops every dead entry.
  template <class Dead>
  void sweep(Dead&& dead);

  /// Drops every entry.
  void clear();

 private:
  static constexpr unsigned levels_max = 8;
  static constexpr unsigned level_looked_at = 2;
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  static constexpr std::uint32_t block_size = 16;  // entries: 256 bytes, four cache lines

  struct bucket {
    std::uint32_t head = none;
    std::uint32_t tail = none;
    std::uint32_t count = 0;
    std::uint32_t read = 0;  // entries of the head block already popped
  };

  unsigned level_of(std::uint64_t when) const {
    const std::uint64_t differs = when ^ last_;
    return differs == 0 ? 0 : (63U - static_cast<unsigned>(std::countl_zero(differs))) >> 3;
  }

  unsigned first_of(unsigned level) const {
    for (unsigned word = 0;; ++word)
      if (used_[level][word] != 0)
        return word * 64 + static_cast<unsigned>(std::countr_zero(used_[level][word]));
  }

  /// Tells of the buckets after `index`.
  template <class Soon>
  void look_ahead(unsigned index, Soon&& soon) const {
    const auto& used = used_[level_looked_at];
    for (unsigned steps = 1; steps <= steps_ahead; ++steps) {
      unsigned word = ++index >> 6;
      if (word == 4) return;
      std::uint64_t left = used[word] >> (index & 63) << (index & 63);
      while (left == 0) {
        if (++word == 4) return;
        left = used[word];
      }
      index = word * 64 + static_cast<unsigned>(std::countr_zero(left));
      each(buckets_[level_looked_at][index], [&](const entry& e) { soon(e, steps); });
    }
  }

  void put(const entry& e) {
    const unsigned level = level_of(e.when);
    const unsigned index = (e.when >> (8 * level)) & 255;
    append(buckets_[level][index], e);
    used_[level][index >> 6] |= std::uint64_t{1} << (index & 63);
    levels_ |= 1U << level;
  }

  void append(bucket& to, const entry& e) {
    const std::uint32_t at = (to.read + to.count) % block_size;
    if (at == 0) {
      const std::uint32_t fresh = take_block();
      (to.count == 0 ? to.head : next_[to.tail]) = fresh;
      to.tail = fresh;
    }
    blocks_[to.tail][at] = e;
    ++to.count;
  }

  void drop_front(unsigned level, unsigned index) {
    bucket& from = buckets_[level][index];
    if (--from.count == 0) {
      give_block(from.head);
      from = {};
      mark_empty(level, index);
    } else if (++from.read == block_size) {
      const std::uint32_t done = from.head;
      from.head = next_[done];
      from.read = 0;
      give_block(done);
    }
  }

  void mark_empty(unsigned level, unsigned index) {
    auto& used = used_[level];
    used[index >> 6] &= ~(std::uint64_t{1} << (index & 63));
    if ((used[0] | used[1] | used[2] | used[3]) == 0) levels_ &= ~(1U << level);
  }

  std::uint32_t take_block() {
    if (free_ != none) {
      const std::uint32_t taken = free_;
      free_ = next_[taken];
      return taken;
    }
    blocks_.emplace_back();
    next_.push_back(none);
    return static_cast<std::uint32_t>(blocks_.size() - 1);
  }

  void give_block(std::uint32_t index) {
    next_[index] = free_;
    free_ = index;
  }

  /// Calls `use(entry)` for each entry of `from`, in order; copies, because `use` may append.
  template <class Use>
  void each(const bucket& from, Use&& use) const {
    std::uint32_t block = from.head;
    std::uint32_t at = from.read;
    for (std::uint32_t left = from.count; left != 0; --left) {
      const entry e = blocks_[block][at];
      if (++at == block_size) {
        at = 0;
        block = next_[block];
      }
      use(e);
    }
  }

  bucket take(unsigned level, unsigned index) {
    bucket taken{};
    std::swap(taken, buckets_[level][index]);
    mark_empty(level, index);
    return taken;
  }

  void give_blocks(const bucket& of) {
    std::uint32_t blocks = (of.read + of.count + block_size - 1) / block_size;
    for (std::uint32_t block = of.head; blocks != 0; --blocks) {
      const std::uint32_t next = next_[block];
      give_block(block);
      block = next;
    }
  }

  std::array<std::array<bucket, 256>, levels_max> buckets_{};
  std::array<std::array<std::uint64_t, 4>, levels_max> used_{};
  unsigned levels_ = 0;     // bit l: level l holds something
  std::uint64_t last_ = 0;  // time of the last entry popped
  std::vector<std::array<entry, block_size>> blocks_;
  std::vector<std::uint32_t> next_;
  std::uint32_t free_ = none;
};

template <class Dead, class Soon>
bool radix_queue::pop(std::uint64_t until, entry& out, Dead&& dead, Soon&& soon) {
  while (levels_ != 0) {
    const unsigned level = static_cast<unsigned>(std::countr_zero(levels_));
    const unsigned index = first_of(level);
    const bucket& from = buckets_[level][index];
    if (level == 0 || from.count == 1) {  // every entry of the bucket has the same time
      const entry e = blocks_[from.head][from.read];
      if (dead(e)) {
        drop_front(level, index);
        continue;
      }
      if (e.when > until) return false;
      drop_front(level, index);
      if (level == level_looked_at) look_ahead(index, soon);
      last_ = e.when;
      out = e;
      return true;
    }
    const std::uint64_t width = std::uint64_t{1} << (8 * level);
    const std::uint64_t above =
        level + 1 == levels_max ? 0 : last_ >> (8 * level + 8) << (8 * level + 8);
    const std::uint64_t base = above | index * width;
    if (base > until) return false;
    std::uint64_t least = ~std::uint64_t{0};
    each(from, [&least](const entry& e) { least = e.when < least ? e.when : least; });
    if (least > until) return false;
    const bucket opened = take(level, index);
    last_ = least;  // at most `until`; a dead entry's time will do
    if (level == level_looked_at) look_ahead(index, soon);
    each(opened, [this, &dead](const entry& e) {
      if (!dead(e)) put(e);
    });
    give_blocks(opened);
  }
  return false;
}

inline std::uint64_t radix_queue::first() const {
  std::uint64_t least = ~std::uint64_t{0};
  if (levels_ == 0) return least;
  const unsigned level = static_cast<unsigned>(std::countr_zero(levels_));
  each(buckets_[level][first_of(level)],
       [&least](const entry& e) { least = e.when < least ? e.when : least; });
  return least;
}

template <class Dead>
void radix_queue::sweep(Dead&& dead) {
  for (unsigned level = 0; level < levels_max; ++level)
    for (unsigned index = 0; index < 256; ++index) {
      if (buckets_[level][index].count == 0) continue;
      const bucket swept = take(level, index);
      each(swept, [this, &dead](const entry& e) {
        if (!dead(e)) put(e);
      });
      give_blocks(swept);
    }
}

inline void radix_queue::clear() {
  buckets_ = {};
  used_ = {};
  levels_ = 0;
  free_ = none;
  blocks_.clear();
  next_.clear();
}

}  // namespace tandem::sim
