// SPDX-License-Identifier: MIT
#include "tandem/core/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace tandem::detail {

void assertion_failed(const char* file, int line, const char* what) noexcept {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, what);
  std::abort();
}

}  // namespace tandem::detail
