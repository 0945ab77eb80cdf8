// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/task.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

namespace tandem::sim {

/// Tasks at stable addresses, named by slot and generation. A name is never used twice: a slot
/// whose generations are used up is retired. Grows by chunks and keeps them.
class task_slab {
 public:
  struct slot {
    task what;
    std::uint32_t generation = 0;  // odd: occupied
    union {
      std::uint32_t next_free = 0;
      std::uint32_t from;  // of an occupied one: who put it
    };
    std::uint64_t about = 0;
    std::uint64_t born = 0;  // when it was put
  };
  static_assert(sizeof(slot) == 64, "a task is one cache line");
  struct name {
    std::uint32_t slot;
    std::uint32_t generation;
  };

  name put(task what, std::uint64_t about, std::uint32_t from, std::uint64_t born) {
    const std::uint32_t index = take();
    slot& s = at(index);
    s.about = about;
    s.from = from;
    s.born = born;
    s.what = std::move(what);
    return {index, ++s.generation};
  }

  bool holds(const name& n) const {
    return n.slot < used_ && at(n.slot).generation == n.generation;
  }

  /// Forgets the name; the task stays until `release`.
  void retire_name(std::uint32_t index) { ++at(index).generation; }
  void release(std::uint32_t index) {
    slot& s = at(index);
    if (s.generation >= generation_max) return;
    s.next_free = free_;
    free_ = index;
  }

  slot& at(std::uint32_t index) { return (*chunks_[index / chunk_size])[index % chunk_size]; }
  const slot& at(std::uint32_t index) const {
    return (*chunks_[index / chunk_size])[index % chunk_size];
  }
  void prefetch(std::uint32_t index) const { __builtin_prefetch(&at(index)); }
  /// Slots ever used; those with an odd generation hold a task.
  std::uint32_t used() const { return used_; }

 private:
  static constexpr std::uint32_t chunk_size = 1024;
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  static constexpr std::uint32_t generation_max = none - 1;

  std::uint32_t take() {
    if (free_ != none) {
      const std::uint32_t index = free_;
      free_ = at(index).next_free;
      return index;
    }
    if (used_ == none) throw std::length_error("tandem::sim::kernel: 2^32 tasks pending");
    if (used_ % chunk_size == 0)
      chunks_.push_back(std::make_unique<std::array<slot, chunk_size>>());
    return used_++;
  }

  std::vector<std::unique_ptr<std::array<slot, chunk_size>>> chunks_;
  std::uint32_t used_ = 0;
  std::uint32_t free_ = none;
};

}  // namespace tandem::sim
