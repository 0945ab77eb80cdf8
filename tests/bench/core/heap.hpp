// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace tandem::bench {

/// Calls of operator new so far; this program's is counted.
std::size_t allocations() noexcept;
/// Bytes that it allocated and did not release, as malloc_usable_size(3) counts them.
std::size_t heap_bytes() noexcept;

}  // namespace tandem::bench
