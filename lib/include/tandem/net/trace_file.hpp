// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/trace.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tandem {

/// Where a recording goes and how much of it is kept.
struct trace_file_options {
  /// Segments are PATH.000001.trace, PATH.000002.trace, …; they go on after those that are there.
  std::filesystem::path path;
  std::uint64_t segment_bytes = std::uint64_t{64} << 20;  ///< a segment ends soon after so many
  std::uint64_t segments_max = 8;                         ///< kept; the oldest is deleted first
  /// Written when so much is collected, or a record is so much later than the first one that is
  /// not written yet: what a crash loses.
  std::size_t flush_bytes = std::size_t{64} << 10;
  duration flush_after = std::chrono::seconds(2);
  std::size_t queue_bytes_max = std::size_t{16} << 20;  ///< waiting for a slow disk
};

/// How a recording goes.
struct trace_file_status {
  std::uint64_t bytes_written = 0;  ///< compressed, all segments
  std::uint64_t segments = 0;       ///< begun
  std::uint64_t records_lost = 0;  ///< given to record() and in no file: what stopped it, and later
  std::string error;               ///< why it stopped: one line; empty while it goes on
};

/// Records the trace of a manager into files: gzip (RFC 1952), a member a flush, so that `zcat`
/// shows the canonical trace (lib/core/trace/TRACE.md) and a crash loses only what was not flushed.
/// A thread of its own compresses and writes. When writing fails (disk full) or is too slow,
/// recording stops for good, what was written stays readable, and status() says so: the node never
/// waits for it. Files are readable by their owner only: they name peers and addresses.
///
/// When a segment is full the manager begins the next one with a checkpoint of its state, so that
/// each can be replayed alone.
///
/// One manager records into it, on one thread; status() is for any.
class trace_file final : public trace_sink {
 public:
  /// Opens the first segment. Throws std::system_error naming the file when that fails.
  explicit trace_file(const trace_file_options& options);
  /// Writes the rest, and waits for it.
  ~trace_file() override;
  trace_file(const trace_file&) = delete;
  trace_file& operator=(const trace_file&) = delete;

  void record(std::span<const std::byte> bytes) override;
  bool checkpoint_due() const noexcept override;
  /// Hands over what is collected, for nodes in which nothing happens for a while.
  void flush();
  /// The last call before destruction: writes the rest, and waits for it so long at most; false
  /// when that was not enough, and the destructor would wait on.
  bool finish(std::chrono::milliseconds patience);
  trace_file_status status() const;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

/// The same files written by the thread that records: for simulations, whose time stands still
/// meanwhile. What is recorded again is the same, byte for byte. Options that limit what waits for
/// a slow disk have no meaning here.
class direct_trace_file final : public trace_sink {
 public:
  /// As trace_file.
  explicit direct_trace_file(const trace_file_options& options);
  ~direct_trace_file() override;  ///< writes the rest
  direct_trace_file(const direct_trace_file&) = delete;
  direct_trace_file& operator=(const direct_trace_file&) = delete;

  void record(std::span<const std::byte> bytes) override;
  bool checkpoint_due() const noexcept override;
  void flush();
  trace_file_status status() const;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

/// The segments of a recording at PATH, in order; PATH itself when it is a file.
std::vector<std::filesystem::path> trace_segments(const std::filesystem::path& path);

/// The PATH of every recording in a folder and those below it, in order of their names.
std::vector<std::filesystem::path> trace_paths_below(const std::filesystem::path& folder);

/// Reads recorded files one after another, a piece at a time.
class trace_file_source final : public trace_source {
 public:
  explicit trace_file_source(std::vector<std::filesystem::path> files);
  ~trace_file_source() override;
  trace_file_source(const trace_file_source&) = delete;
  trace_file_source& operator=(const trace_file_source&) = delete;

  std::size_t read(std::span<std::byte> into) override;
  std::string error() const override;
  bool truncated() const override;
  /// Bytes of the files read so far, and of all of them.
  std::uint64_t consumed() const noexcept;
  std::uint64_t total() const noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace tandem
