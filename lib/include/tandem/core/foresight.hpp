// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/ids.hpp"

#include <cstddef>

namespace tandem {

class connection_manager;

namespace detail {

/// For who drives so many managers that none is in the cache when its turn comes, and knows whose
/// is next: brings what an event will look at nearer. Changes nothing. Each step takes what the one
/// before brought, so a while should lie between them: the time of a few events.
struct foresight {
  /// The first step: what is in one place.
  static void state(const connection_manager& of) noexcept;
  /// The second: where to look for the connection; none: the one whose deadline is next.
  static void tables(const connection_manager& of, connection_id conn) noexcept;
  /// The third: the connection.
  static void records(const connection_manager& of, connection_id conn) noexcept;
};

/// `bytes` from `begin` on, when they come.
inline void bring(const void* begin, std::size_t bytes) noexcept {
  const auto* const at = static_cast<const char*>(begin);
  for (std::size_t i = 0; i < bytes; i += 64) __builtin_prefetch(at + i);
  __builtin_prefetch(at + bytes - 1);
}

}  // namespace detail
}  // namespace tandem
