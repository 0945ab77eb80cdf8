// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <limits>
#include <new>
#include <vector>

namespace tandem::detail {

inline constexpr std::size_t table_alignment = 64;  ///< a cache line

/// Memory for `bytes` of a table. What fills huge pages is aligned to them and asks for them, where
/// the system has them (Linux: madvise(2), MADV_HUGEPAGE): the tables of 10 000 connections span
/// more small pages than a processor knows the addresses of, and every event looks into several.
void* take_table_memory(std::size_t bytes);
void release_table_memory(void* at, std::size_t bytes) noexcept;

template <class T>
struct table_allocator {
  static_assert(alignof(T) <= table_alignment);
  using value_type = T;

  table_allocator() = default;
  template <class U>
  constexpr table_allocator(const table_allocator<U>&) noexcept {}

  T* allocate(std::size_t n) {
    if (n > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_array_new_length();
    return static_cast<T*>(take_table_memory(n * sizeof(T)));
  }
  void deallocate(T* at, std::size_t n) noexcept { release_table_memory(at, n * sizeof(T)); }
  friend bool operator==(const table_allocator&, const table_allocator&) = default;
};

/// A vector that may become large and is looked at here and there.
template <class T>
using table = std::vector<T, table_allocator<T>>;

}  // namespace tandem::detail
