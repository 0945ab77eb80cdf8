// SPDX-License-Identifier: MIT
#include "tandem/net/trace_file.hpp"

#include "net/recording/trace_segments.hpp"
#include "tandem/core/trace.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace tandem {
namespace {

// What one member holds at most: a checkpoint can be large.
constexpr std::size_t member_max = std::size_t{16} << 20;

time_point time_of(std::span<const std::byte> record) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < 8 && i + 1 < record.size(); ++i)
    word |= static_cast<std::uint64_t>(record[i + 1]) << 8 * i;
  return time_point(duration(static_cast<duration::rep>(word)));
}

}  // namespace

class trace_file::impl {
 public:
  explicit impl(const trace_file_options& options)
      : options_(options), files_(options.path, options.segments_max) {
    files_.begin_first();
    status_.segments = 1;
    collected_.reserve(2 * options_.flush_bytes);
    writer_ = std::thread([this] { write(); });
  }

  ~impl() {
    finish(std::chrono::milliseconds(0));
    writer_.join();
  }

  void record(std::span<const std::byte> bytes) {
    if (stopped_.load(std::memory_order_relaxed)) return lose(1);
    const auto kind = static_cast<trace_record>(bytes.front());
    if (kind == trace_record::header) {
      hand_over();
      ++segment_;
    } else if (kind == trace_record::handle || kind == trace_record::advance) {
      // Only here, so that what a crash leaves ends with a whole step.
      const time_point at = time_of(bytes);
      if (collected_.size() >= options_.flush_bytes ||
          (since_ && at - *since_ >= options_.flush_after))
        hand_over();
      if (!since_) since_ = at;
    }
    // Handing over may have stopped the recording: behind the gap nothing may follow.
    if (stopped_.load(std::memory_order_relaxed)) return lose(1);
    collected_.insert(collected_.end(), bytes.begin(), bytes.end());
    ++collected_records_;
  }

  /// The segment that the records now belong to is full.
  bool due() const noexcept {
    return full_.load(std::memory_order_relaxed) == segment_ &&
           !stopped_.load(std::memory_order_relaxed);
  }

  void hand_over() {
    since_.reset();
    if (collected_.empty()) return;
    const auto records = std::exchange(collected_records_, 0);
    {
      const std::lock_guard lock(mutex_);
      if (queued_ > 0 && queued_ + collected_.size() > options_.queue_bytes_max)
        stop("writing is too slow: " + std::to_string(queued_) + " bytes wait");
      if (stopped_.load(std::memory_order_relaxed)) {
        collected_.clear();
        return lose(records);
      }
      queued_ += collected_.size();
      std::vector<std::byte> next;
      if (!spare_.empty()) {
        next = std::move(spare_.back());
        spare_.pop_back();
      }
      queue_.push_back({segment_, records, std::exchange(collected_, std::move(next))});
    }
    wake_.notify_one();
  }

  bool finish(std::chrono::milliseconds patience) {
    hand_over();
    std::unique_lock lock(mutex_);
    over_ = true;
    wake_.notify_one();
    return done_.wait_for(lock, patience, [this] { return ended_; });
  }

  trace_file_status status() const {
    const std::lock_guard lock(mutex_);
    trace_file_status now = status_;
    now.records_lost = lost_.load(std::memory_order_relaxed);
    return now;
  }

 private:
  struct chunk {
    std::uint64_t segment;
    std::uint64_t records;
    std::vector<std::byte> bytes;
  };

  void lose(std::uint64_t records) { lost_.fetch_add(records, std::memory_order_relaxed); }

  void stop(const std::string& why) {
    stopped_ = true;
    if (status_.error.empty()) status_.error = why;
  }

  void write() {
    std::uint64_t segment = 1;
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return over_ || !queue_.empty(); });
      if (queue_.empty()) {
        ended_ = true;
        done_.notify_all();
        return;
      }
      chunk next = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      const bool fresh = next.segment != segment;
      segment = next.segment;
      const bool good = !failed_ && (!fresh || files_.begin()) && append(next.bytes);
      if (good && files_.segment_bytes() >= options_.segment_bytes) full_ = segment;
      lock.lock();
      failed_ = !good;
      status_.bytes_written = files_.bytes();
      status_.segments += good && fresh;
      queued_ -= next.bytes.size();
      next.bytes.clear();
      if (spare_.size() < 2) spare_.push_back(std::move(next.bytes));
      if (good) continue;
      lose(next.records);
      stop(files_.error());
    }
  }

  bool append(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const auto part = bytes.first(std::min(bytes.size(), member_max));
      if (!files_.append(part)) return false;
      bytes = bytes.subspan(part.size());
    }
    return true;
  }

  const trace_file_options options_;
  // The recording thread's.
  std::vector<std::byte> collected_;
  std::uint64_t collected_records_ = 0;
  std::optional<time_point> since_;  ///< of the first step collected
  std::uint64_t segment_ = 0;
  // The writing thread's.
  trace_segments_writer files_;
  bool failed_ = false;
  // Shared.
  std::atomic<bool> stopped_ = false;
  std::atomic<std::uint64_t> lost_ = 0;
  std::atomic<std::uint64_t> full_ = ~std::uint64_t{0};  ///< number of the segment that is
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  std::deque<chunk> queue_;
  std::size_t queued_ = 0;  ///< bytes handed over and not yet written
  std::vector<std::vector<std::byte>> spare_;
  trace_file_status status_;
  bool over_ = false;   ///< nothing more comes
  bool ended_ = false;  ///< and all that came was written, or cannot be
  std::thread writer_;
};

trace_file::trace_file(const trace_file_options& options)
    : impl_(std::make_unique<impl>(options)) {}
trace_file::~trace_file() = default;
void trace_file::record(std::span<const std::byte> bytes) { impl_->record(bytes); }
bool trace_file::checkpoint_due() const noexcept { return impl_->due(); }
void trace_file::flush() { impl_->hand_over(); }
bool trace_file::finish(std::chrono::milliseconds patience) { return impl_->finish(patience); }
trace_file_status trace_file::status() const { return impl_->status(); }

}  // namespace tandem
