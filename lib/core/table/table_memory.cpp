// SPDX-License-Identifier: MIT
#include "core/table/table_memory.hpp"

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif

namespace tandem::detail {

namespace {

constexpr std::size_t huge_page = std::size_t{2}
                                  << 20;  // of x86-64, and of AArch64 with 4 KiB pages

constexpr std::align_val_t alignment_of(std::size_t bytes) noexcept {
  return std::align_val_t{bytes < huge_page ? table_alignment : huge_page};
}

}  // namespace

void* take_table_memory(std::size_t bytes) {
  void* const at = ::operator new(bytes, alignment_of(bytes));
#ifdef MADV_HUGEPAGE
  // Whole pages only; whoever refuses leaves small ones, which serve as well, slower.
  if (bytes >= huge_page) (void)::madvise(at, bytes / huge_page * huge_page, MADV_HUGEPAGE);
#endif
  return at;
}

void release_table_memory(void* at, std::size_t bytes) noexcept {
  ::operator delete(at, alignment_of(bytes));
}

}  // namespace tandem::detail
