// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/connection_manager.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tandem {

/// A running FNV-1a hash, 64 bit (Fowler, Noll, Vo; draft-eastlake-fnv). Order matters.
class trace_hash {
 public:
  void add(std::span<const std::byte> bytes) noexcept {
    for (const std::byte b : bytes) value_ = (value_ ^ static_cast<std::uint64_t>(b)) * prime;
  }
  void add(std::uint64_t word) noexcept {
    for (int shift = 0; shift < 64; shift += 8) value_ = (value_ ^ (word >> shift & 0xff)) * prime;
  }
  std::uint64_t value() const noexcept { return value_; }
  /// Sixteen lower-case hexadecimal digits.
  std::string text() const;

 private:
  static constexpr std::uint64_t prime = 0x100000001b3ULL;
  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

/// What a record of a trace is: its first byte (lib/core/trace/TRACE.md).
enum class trace_record : std::uint8_t { header, handle, advance, action, checkpoint };

/// Keeps the whole trace of one manager in memory, for tests and replay.
class memory_trace final : public trace_sink {
 public:
  void record(std::span<const std::byte> bytes) override {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  std::span<const std::byte> bytes() const noexcept { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

/// Where a recorded trace is read from, a piece at a time.
class trace_source {
 public:
  virtual ~trace_source() = default;
  /// Fills the front of `into`, which is not empty; returns how many bytes. 0: there are no more.
  virtual std::size_t read(std::span<std::byte> into) = 0;
  /// Why read() came to its end, when that is not the end of the trace: one line, or empty.
  virtual std::string error() const { return {}; }
  /// `error` is only that the tail is missing, as after a crash of whoever recorded.
  virtual bool truncated() const { return false; }
};

/// A trace in memory. The bytes outlive it.
class memory_source final : public trace_source {
 public:
  explicit memory_source(std::span<const std::byte> bytes) noexcept : rest_(bytes) {}
  std::size_t read(std::span<std::byte> into) override {
    const auto n = std::min(into.size(), rest_.size());
    std::copy_n(rest_.begin(), n, into.begin());
    rest_ = rest_.subspan(n);
    return n;
  }

 private:
  std::span<const std::byte> rest_;
};

}  // namespace tandem
