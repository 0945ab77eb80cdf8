// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace tandem::detail {

/// A queue that doubles from empty and keeps its capacity.
template <class T>
class ring {
 public:
  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return items_.size(); }
  /// The i-th, oldest first.
  const T& operator[](std::size_t i) const noexcept { return items_[wrap(head_ + i)]; }

  /// Where the next goes, into the cache.
  void bring_next() const noexcept {
    if (items_.empty()) return;
    const auto* const next = reinterpret_cast<const char*>(&items_[wrap(head_ + size_)]);
    for (std::size_t i = 0; i < sizeof(T); i += 64) __builtin_prefetch(next + i, 1);
  }

  void push(const auto& item) {
    if (size_ == items_.size()) grow();
    items_[wrap(head_ + size_++)] = item;
  }
  /// The oldest, until the next push; it is out of the queue.
  T& pop() noexcept {
    T& item = items_[head_];
    head_ = wrap(head_ + 1);
    --size_;
    return item;
  }

 private:
  // The capacity is a power of two.
  std::size_t wrap(std::size_t i) const noexcept { return i & (items_.size() - 1); }
  void grow() {
    std::vector<T> bigger(items_.empty() ? 1 : items_.size() * 2);
    for (std::size_t i = 0; i < size_; ++i) bigger[i] = std::move(items_[wrap(head_ + i)]);
    items_.swap(bigger);
    head_ = 0;
  }

  std::vector<T> items_;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

}  // namespace tandem::detail
