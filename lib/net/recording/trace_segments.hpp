// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <zlib.h>

namespace tandem {

/// The files of one recording: opens the next segment, deletes the oldest, appends gzip members.
/// Not thread-safe. After a failure what was whole stays.
class trace_segments_writer {
 public:
  trace_segments_writer(std::filesystem::path path, std::uint64_t segments_max);
  ~trace_segments_writer();
  trace_segments_writer(const trace_segments_writer&) = delete;
  trace_segments_writer& operator=(const trace_segments_writer&) = delete;

  /// Begins the next segment. False: error() says why.
  bool begin();
  /// Begins the first one; throws std::system_error.
  void begin_first();
  /// One member. False: error() says why.
  bool append(std::span<const std::byte> bytes);

  std::uint64_t segment_bytes() const noexcept { return in_segment_; }
  std::uint64_t bytes() const noexcept { return bytes_; }
  const std::string& error() const noexcept { return error_; }

 private:
  bool fail(const std::string& doing);

  const std::filesystem::path path_;
  const std::uint64_t segments_max_;
  std::filesystem::path current_;
  int file_ = -1;
  std::uint64_t in_segment_ = 0;
  std::uint64_t bytes_ = 0;
  int errno_ = 0;
  std::string error_;
  z_stream deflate_{};
  std::vector<std::byte> packed_;
};

}  // namespace tandem
