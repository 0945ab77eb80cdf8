// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "core/table/growth.hpp"
#include "core/table/slot.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace tandem::detail {

/// Values with stable indices. Freed slots are used again, last freed first; capacity is kept.
/// T has a member `slot<T> next_free` and a member `bool used`.
template <class T>
class slot_table {
  struct iterator;

 public:
  using slot_type = slot<T>;

  /// A slot with a default value. References to other slots end here.
  slot_type take() {
    slot_type i = free_;
    if (i == no_slot) {
      i = slot_type(bound());
      make_room(slots_);
      slots_.emplace_back();
    } else {
      free_ = std::exchange((*this)[i].next_free, slot_type());  // the rest is as new
    }
    (*this)[i].used = true;
    ++size_;
    return i;
  }
  void release(slot_type i) noexcept {
    T& value = (*this)[i];
    std::destroy_at(&value);
    std::construct_at(&value);
    value.next_free = free_;
    free_ = i;
    --size_;
  }

  T& operator[](slot_type i) noexcept { return slots_[i.index()]; }
  const T& operator[](slot_type i) const noexcept { return slots_[i.index()]; }
  /// The slots in use, in their order. They may be taken and released meanwhile.
  iterator begin() const noexcept { return iterator(*this); }
  std::default_sentinel_t end() const noexcept { return {}; }
  /// Slots in use.
  std::size_t size() const noexcept { return size_; }
  /// Every index below this has a slot, used or not.
  std::uint32_t bound() const noexcept { return static_cast<std::uint32_t>(slots_.size()); }

  TANDEM_FIELDS(slots_, free_, size_)

 private:
  struct iterator {
    explicit iterator(const slot_table& of) noexcept : of_(of) { skip(); }
    slot_type operator*() const noexcept { return slot_type(at_); }
    iterator& operator++() noexcept {
      ++at_;
      skip();
      return *this;
    }
    bool operator==(std::default_sentinel_t) const noexcept { return at_ == of_.bound(); }

   private:
    void skip() noexcept {
      while (at_ < of_.bound() && !of_.slots_[at_].used) ++at_;
    }
    const slot_table& of_;
    std::uint32_t at_ = 0;
  };

  std::vector<T> slots_;
  slot_type free_;
  std::uint32_t size_ = 0;
};

}  // namespace tandem::detail
