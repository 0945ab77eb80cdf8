// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/trace.hpp"

#include <span>
#include <vector>

namespace tandem::test {

/// Keeps each record of a trace by itself.
class record_list final : public trace_sink {
 public:
  using bytes = std::vector<std::byte>;

  void record(std::span<const std::byte> one) override { all.emplace_back(one.begin(), one.end()); }
  /// The trace, or that without its `left_out`-th record.
  bytes joined(std::size_t left_out = ~std::size_t{0}) const {
    bytes out;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (i != left_out) out.insert(out.end(), all[i].begin(), all[i].end());
    return out;
  }

  std::vector<bytes> all;
};

}  // namespace tandem::test
