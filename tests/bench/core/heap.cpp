// SPDX-License-Identifier: MIT
#include "heap.hpp"

#include <malloc.h>
#include <cstdlib>
#include <new>

namespace {

std::size_t calls = 0;
std::size_t bytes = 0;

void* counted(void* p) {
  if (p == nullptr) throw std::bad_alloc();
  ++calls;
  bytes += malloc_usable_size(p);
  return p;
}
void release(void* p) noexcept {
  bytes -= malloc_usable_size(p);
  std::free(p);
}

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) { return counted(std::malloc(size)); }
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto to = static_cast<std::size_t>(alignment);
  return counted(std::aligned_alloc(to, (size + to - 1) / to * to));
}
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { release(p); }
[[gnu::noinline]] void operator delete(void* p) noexcept { release(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { release(p); }

namespace tandem::bench {

std::size_t allocations() noexcept { return calls; }

std::size_t heap_bytes() noexcept { return bytes; }

}  // namespace tandem::bench
