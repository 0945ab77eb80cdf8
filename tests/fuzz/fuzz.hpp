// SPDX-License-Identifier: MIT
#pragma once

#include "net/protocol/varint.hpp"

#include <algorithm>
#include <cstdlib>

namespace tandem {

/// What holds whatever the input is.
inline void must(bool holds) {
  if (!holds) std::abort();
}

/// Choices and bytes, taken off the front of an input; zeros when it is over.
class fuzz_input {
 public:
  fuzz_input(const std::uint8_t* data, std::size_t size) : left_(data, size) {}

  bool empty() const noexcept { return left_.empty(); }
  std::uint8_t byte() {
    const auto taken = take(1);
    return taken.empty() ? 0 : taken[0];
  }
  byte_view take(std::size_t most) {
    const auto taken = left_.first(std::min(most, left_.size()));
    left_ = left_.subspan(taken.size());
    return taken;
  }
  byte_view rest() { return take(left_.size()); }

 private:
  byte_view left_;
};

}  // namespace tandem
