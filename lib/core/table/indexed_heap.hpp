// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "core/table/growth.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

namespace tandem::detail {

struct best_first {
  constexpr bool operator()(const auto& a, const auto& b) const noexcept { return a.before(b); }
};
struct worst_first {
  constexpr bool operator()(const auto& a, const auto& b) const noexcept { return b.before(a); }
};

/// Keys by rank, each at most once: a 4-ary heap that knows where each of them is. No two ranks are
/// alike, so what comes out does not depend on what was there before. A change is O(log n);
/// capacity is kept. A key has an index(), and a group() below Key::groups when it has several.
template <class Key, class Rank, class First = best_first>
class indexed_heap {
 public:
  /// Puts the key in, or moves it to where its rank belongs now.
  void put(Key key, const Rank& rank) {
    auto& places = places_[group_of(key)];
    // One at a time, so that the capacity grows geometrically.
    while (places.size() <= key.index()) places.push_back(nowhere);
    std::uint32_t i = places[key.index()];
    if (i == nowhere) {
      i = static_cast<std::uint32_t>(heap_.size());
      make_room(heap_);
      heap_.push_back({rank, key});
    }
    sift(i, {rank, key});
  }
  /// Does nothing when the key is not there.
  void erase(Key key) noexcept {
    const std::uint32_t i = place_of(key);
    if (i == nowhere) return;
    place(key) = nowhere;
    const entry last = heap_.back();
    heap_.pop_back();
    if (i < heap_.size()) sift(i, last);
  }
  /// The first; there is one.
  Key front() const noexcept { return heap_.front().key; }
  const Rank& front_rank() const noexcept { return heap_.front().rank; }
  /// Into the cache, with those that may be next.
  void bring_front() const noexcept {
    for (std::size_t i = 0; i <= arity && i < heap_.size(); i += 2) __builtin_prefetch(&heap_[i]);
  }
  /// Takes it out.
  Key pop() noexcept {
    const Key first = front();
    erase(first);
    return first;
  }
  /// The rank of a key, or null.
  const Rank* rank_of(Key key) const noexcept {
    const std::uint32_t i = place_of(key);
    return i == nowhere ? nullptr : &heap_[i].rank;
  }
  bool contains(Key key) const noexcept { return place_of(key) != nowhere; }
  bool empty() const noexcept { return heap_.empty(); }
  std::size_t size() const noexcept { return heap_.size(); }

  /// For checkpoints; the places follow from the heap.
  void fields(auto& a) {
    [[maybe_unused]] auto& [heap, places] = *this;
    a(heap);
    if constexpr (std::remove_reference_t<decltype(a)>::reading) find_places();
  }

 private:
  struct entry {
    Rank rank;
    Key key;
  };
  static constexpr std::uint32_t arity = 4;
  static constexpr std::uint32_t nowhere = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::size_t groups = [] {
    if constexpr (requires { Key::groups; })
      return Key::groups;
    else
      return std::size_t{1};
  }();
  static constexpr std::size_t group_of(Key key) noexcept {
    if constexpr (requires { key.group(); })
      return key.group();
    else
      return 0;
  }

  std::uint32_t& place(Key key) noexcept { return places_[group_of(key)][key.index()]; }
  std::uint32_t place_of(Key key) const noexcept {
    const auto& places = places_[group_of(key)];
    return key.index() < places.size() ? places[key.index()] : nowhere;
  }
  void settle(std::uint32_t i, const entry& e) noexcept {
    heap_[i] = e;
    place(e.key) = i;
  }
  static bool before(const entry& a, const entry& b) noexcept { return First()(a.rank, b.rank); }
  /// Finds the place of `e` for the hole at `i`.
  void sift(std::uint32_t i, const entry& e) noexcept {
    for (; i > 0 && before(e, heap_[(i - 1) / arity]); i = (i - 1) / arity)
      settle(i, heap_[(i - 1) / arity]);
    const auto size = static_cast<std::uint32_t>(heap_.size());
    for (std::uint32_t child = i * arity + 1; child < size; child = i * arity + 1) {
      std::uint32_t least = child;
      for (std::uint32_t c = child + 1; c < child + arity && c < size; ++c)
        if (before(heap_[c], heap_[least])) least = c;
      if (!before(heap_[least], e)) break;
      settle(i, heap_[least]);
      i = least;
    }
    settle(i, e);
  }
  /// Of a damaged checkpoint only what can be.
  void find_places() {
    std::erase_if(heap_, [](const entry& e) { return group_of(e.key) >= groups; });
    for (auto& places : places_) places.clear();
    for (std::uint32_t i = 0; i < heap_.size(); ++i) {
      auto& places = places_[group_of(heap_[i].key)];
      if (places.size() <= heap_[i].key.index())
        places.resize(heap_[i].key.index() + std::size_t{1}, nowhere);
      place(heap_[i].key) = i;
    }
  }

  std::vector<entry> heap_;
  std::array<std::vector<std::uint32_t>, groups> places_;  ///< by group and index
};

}  // namespace tandem::detail
