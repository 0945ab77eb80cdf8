// SPDX-License-Identifier: MIT
#include "kernel/huge_heap.hpp"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#endif

namespace tandem::sim {

#ifdef __GLIBC__

namespace {

constexpr int grows_by = 16 << 20;    // at one time, or no huge page would fit into what is new
constexpr int apart_from = 32 << 20;  // malloc's own most: what is larger is not in the heap

}  // namespace

void huge_heap::begin() noexcept {
  mallopt(M_TOP_PAD, grows_by);
  mallopt(M_MMAP_THRESHOLD, apart_from);
  end_ = static_cast<char*>(sbrk(0));
  begun_ = true;
}

void huge_heap::advise() noexcept {
  auto* const end = static_cast<char*>(sbrk(0));  // no system call
  if (end > end_) {
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    const auto skipped = (page - reinterpret_cast<std::uintptr_t>(end_) % page) % page;
    if (end_ + skipped < end)
      madvise(end_ + skipped, static_cast<std::size_t>(end - end_) - skipped, MADV_HUGEPAGE);
  }
  end_ = end;
}

#else

void huge_heap::begin() noexcept {}
void huge_heap::advise() noexcept {}

#endif

}  // namespace tandem::sim
