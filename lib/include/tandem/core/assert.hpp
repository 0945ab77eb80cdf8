// SPDX-License-Identifier: MIT
#pragma once

namespace tandem::detail {

/// Prints `file:line: assertion failed: what` to stderr and aborts.
[[noreturn]] void assertion_failed(const char* file, int line, const char* what) noexcept;

}  // namespace tandem::detail

/// A bug when false. On in every build.
#define TANDEM_ASSERT(condition) \
  ((condition) ? void() : ::tandem::detail::assertion_failed(__FILE__, __LINE__, #condition))
