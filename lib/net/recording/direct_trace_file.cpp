// SPDX-License-Identifier: MIT
#include "net/recording/trace_segments.hpp"
#include "tandem/core/trace.hpp"
#include "tandem/net/trace_file.hpp"

#include <utility>

namespace tandem {

class direct_trace_file::impl {
 public:
  explicit impl(const trace_file_options& options)
      : options_(options), files_(options.path, options.segments_max) {
    files_.begin_first();
    status_.segments = 1;
    collected_.reserve(2 * options_.flush_bytes);
  }

  void record(std::span<const std::byte> bytes) {
    const auto kind = static_cast<trace_record>(bytes.front());
    if (kind == trace_record::header)
      begin_segment();
    else if (kind != trace_record::action && collected_.size() >= options_.flush_bytes)
      flush();  // ends with a whole step
    if (!status_.error.empty()) {
      ++status_.records_lost;
      return;
    }
    collected_.insert(collected_.end(), bytes.begin(), bytes.end());
    ++collected_records_;
    if (kind == trace_record::header) flush();  // whoever is killed leaves no empty file
  }

  bool due() const noexcept {
    return status_.error.empty() && files_.segment_bytes() >= options_.segment_bytes;
  }

  void flush() {
    if (collected_.empty()) return;
    if (!files_.append(collected_)) stop();
    status_.bytes_written = files_.bytes();
    collected_.clear();
    collected_records_ = 0;
  }

  const trace_file_status& status() const noexcept { return status_; }

 private:
  void begin_segment() {
    flush();
    if (!std::exchange(begun_, true) || !status_.error.empty()) return;
    if (files_.begin())
      ++status_.segments;
    else
      stop();
  }

  void stop() {
    status_.records_lost += collected_records_;
    if (status_.error.empty()) status_.error = files_.error();
  }

  const trace_file_options options_;
  trace_segments_writer files_;
  std::vector<std::byte> collected_;
  std::uint64_t collected_records_ = 0;
  bool begun_ = false;  ///< the first segment, which the constructor opened
  trace_file_status status_;
};

direct_trace_file::direct_trace_file(const trace_file_options& options)
    : impl_(std::make_unique<impl>(options)) {}
direct_trace_file::~direct_trace_file() { impl_->flush(); }
void direct_trace_file::record(std::span<const std::byte> bytes) { impl_->record(bytes); }
bool direct_trace_file::checkpoint_due() const noexcept { return impl_->due(); }
void direct_trace_file::flush() { impl_->flush(); }
trace_file_status direct_trace_file::status() const { return impl_->status(); }

}  // namespace tandem
