// SPDX-License-Identifier: MIT
#include "heap.hpp"

#include <malloc.h>
#include <cstdlib>
#include <new>

namespace {
std::size_t calls = 0;
}

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++calls;
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  ++calls;
  const auto to = static_cast<std::size_t>(alignment);
  if (void* p = std::aligned_alloc(to, (size + to - 1) / to * to)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace tandem::bench {

std::size_t allocations() noexcept { return calls; }

std::size_t heap_bytes() noexcept {
  const struct mallinfo2 now = mallinfo2();
  return now.uordblks + now.hblkhd;
}

}  // namespace tandem::bench
