// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace tandem::bench {

/// Calls of operator new so far; this program's is counted.
std::size_t allocations() noexcept;
/// Bytes that are allocated now, as malloc counts them (mallinfo2(3)).
std::size_t heap_bytes() noexcept;

}  // namespace tandem::bench
