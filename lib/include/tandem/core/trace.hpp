// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/connection_manager.hpp"

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

/// What replaying a trace found.
struct replay_result {
  bool identical = false;         ///< every action came out the same, byte for byte
  std::uint64_t inputs = 0;       ///< handle and advance calls replayed
  std::uint64_t actions = 0;      ///< actions compared
  std::uint64_t mismatch_at = 0;  ///< byte offset of the first difference, when not identical
  std::string error;              ///< not empty when the trace cannot be read
};

/// Feeds the inputs of a recorded trace to a fresh manager with the recorded options and seed, and
/// compares its actions with the recorded ones.
replay_result replay(std::span<const std::byte> trace);

}  // namespace tandem
