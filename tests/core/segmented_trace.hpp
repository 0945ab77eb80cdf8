// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/trace.hpp"

#include <vector>

namespace tandem::test {

/// A trace in memory with a checkpoint before every `every`-th step; never when that is 0.
class segmented_trace final : public trace_sink {
 public:
  explicit segmented_trace(std::uint64_t every = 0) : every_(every) {}

  void record(std::span<const std::byte> bytes) override {
    if (bytes.front() == std::byte{0}) segments_.push_back(bytes_.size());
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  bool checkpoint_due() const noexcept override { return every_ != 0 && ++steps_ % every_ == 0; }

  std::span<const std::byte> bytes() const noexcept { return bytes_; }
  /// How many headers there are; the first is that of the manager's beginning.
  std::size_t segments() const noexcept { return segments_.size(); }
  /// The trace from its i-th header on.
  std::span<const std::byte> from(std::size_t i) const {
    return std::span(bytes_).subspan(segments_[i]);
  }

 private:
  const std::uint64_t every_;
  mutable std::uint64_t steps_ = 0;
  std::vector<std::byte> bytes_;
  std::vector<std::size_t> segments_;
};

}  // namespace tandem::test
