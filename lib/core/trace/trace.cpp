// SPDX-License-Identifier: MIT
#include "tandem/core/trace.hpp"

namespace tandem {

std::string trace_hash::text() const {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(16, '0');
  for (int i = 0; i < 16; ++i)
    out[static_cast<std::size_t>(i)] = digits[value_ >> (60 - 4 * i) & 15];
  return out;
}

}  // namespace tandem
