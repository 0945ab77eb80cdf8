// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>

namespace tandem {

/// Receives the canonical encoding of everything that enters and leaves a manager, in order.
class trace_sink {
 public:
  virtual ~trace_sink() = default;
  /// One record; the first byte is its kind.
  virtual void record(std::span<const std::byte> bytes) = 0;
  /// Asked before each step. True: the manager records a header and a checkpoint first, so that the
  /// trace can be replayed from there.
  virtual bool checkpoint_due() const noexcept { return false; }
};

}  // namespace tandem
