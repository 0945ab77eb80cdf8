// SPDX-License-Identifier: MIT
#include "line_output.hpp"
#include "tandem/core/counted.hpp"

#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>
#include <boost/json.hpp>

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <cstdio>
#include <ctime>
#include <functional>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

namespace tandem::cli {
namespace {

using steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Between two looks whether it is time to give up.
constexpr int poll_milliseconds = 20;

using pool_ptr = std::shared_ptr<spdlog::details::thread_pool>;

/// Never destroyed, as that would wait for the threads; reachable, so that no tool calls it a leak.
std::vector<pool_ptr>& left_to_the_end() {
  static auto* const pools = new std::vector<pool_ptr>;
  return *pools;
}

/// Writes on the pool's thread. poll() comes before each write of at most PIPE_BUF bytes, so that a
/// full pipe keeps nobody in write(); O_NONBLOCK would belong to everybody who shares the pipe.
class descriptor_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  descriptor_sink(int descriptor, bool json) : descriptor_(descriptor), json_(json) {}

  /// Lines that the queue in front of this sink dropped. Called before the first line.
  std::function<std::uint64_t()> dropped;

  std::uint64_t lost() const { return failed_ + dropped(); }
  std::string reason() const {
    const int error = error_;
    return error == 0 ? "nobody read them in time" : std::generic_category().message(error);
  }
  void finish_by(steady::time_point when) { end_ = when.time_since_epoch().count(); }
  /// Waits until everything before the last flush was written or given up.
  bool wait_flushed(milliseconds patience) {
    std::unique_lock lock(flush_mutex_);
    return flushed_changed_.wait_for(lock, patience, [this] { return flushed_; });
  }

 private:
  void sink_it_(const spdlog::details::log_msg& line) override {
    std::string text;
    const auto lost_now = lost();
    if (lost_now != said_ && json_)
      text = boost::json::serialize(boost::json::object{{"time", wall_time()},
                                                        {"what", "lines lost"},
                                                        {"left_out", lost_now - said_},
                                                        {"more", reason()}}) +
             "\n";
    else if (lost_now != said_)
      text = wall_time() + " (" + counted(lost_now - said_, "line") + " lost: " + reason() + ")\n";
    text.append(line.payload.data(), line.payload.size()) += '\n';
    if (write(text))
      said_ = lost_now;
    else
      ++failed_;
  }
  void flush_() override {
    const std::lock_guard lock(flush_mutex_);
    flushed_ = true;
    flushed_changed_.notify_all();
  }

  bool write(std::string_view text) {
    while (!text.empty()) {
      const bool over = steady::now().time_since_epoch().count() >= end_;
      pollfd ready{descriptor_, POLLOUT, 0};
      if (::poll(&ready, 1, over ? 0 : poll_milliseconds) <= 0) {
        if (over) return false;
        continue;
      }
      const auto size =
          ::write(descriptor_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
      if (size >= 0) {
        text.remove_prefix(static_cast<std::size_t>(size));
      } else if (errno != EINTR && errno != EAGAIN) {
        error_ = errno;
        return false;
      }
    }
    return true;
  }

  const int descriptor_;
  const bool json_;
  std::atomic<steady::rep> end_ = steady::time_point::max().time_since_epoch().count();
  std::atomic<std::uint64_t> failed_ = 0;
  std::atomic<int> error_ = 0;  ///< of the last write that failed
  std::uint64_t said_ = 0;      ///< the pool's thread's
  std::mutex flush_mutex_;
  std::condition_variable flushed_changed_;
  bool flushed_ = false;
};

}  // namespace

std::string wall_time() {
  timespec at{};
  ::clock_gettime(CLOCK_REALTIME, &at);
  std::tm parts{};
  ::gmtime_r(&at.tv_sec, &parts);
  char day[32], text[48];
  std::strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text, sizeof text, "%s.%03ldZ", day, at.tv_nsec / 1'000'000);
  return text;
}

class line_output::state {
 public:
  state(int descriptor, bool json)
      : sink_(std::make_shared<descriptor_sink>(descriptor, json)),
        pool_(std::make_shared<spdlog::details::thread_pool>(lines_most, 1)) {
    sink_->dropped = [pool = pool_.get()] { return pool->overrun_counter(); };
    logger_ = std::make_shared<spdlog::async_logger>("tandem", sink_, pool_,
                                                     spdlog::async_overflow_policy::overrun_oldest);
  }
  ~state() { finish(milliseconds(5 * poll_milliseconds)); }

  void line(std::string_view text) {
    if (logger_) logger_->log(spdlog::level::info, spdlog::string_view_t(text.data(), text.size()));
  }
  std::size_t waiting() const { return pool_->queue_size(); }
  std::uint64_t lost() const { return sink_->lost(); }
  std::string reason() const { return sink_->reason(); }

  void finish(milliseconds patience) {
    if (!logger_) return;
    sink_->finish_by(steady::now() + patience - patience / 4);  // the rest: to count what is lost
    std::exchange(logger_, nullptr)->flush();
    // A write that does not come back, to a terminal that is stopped or a disk, keeps the pool's
    // thread: the thread is left to the end of the process.
    if (!sink_->wait_flushed(patience)) left_to_the_end().push_back(pool_);
  }

 private:
  const std::shared_ptr<descriptor_sink> sink_;
  const pool_ptr pool_;
  std::shared_ptr<spdlog::async_logger> logger_;
};

line_output::line_output(int descriptor, bool json)
    : state_(std::make_unique<state>(descriptor, json)) {}
line_output::~line_output() = default;
void line_output::line(std::string_view text) { state_->line(text); }
std::size_t line_output::waiting() const { return state_->waiting(); }
std::uint64_t line_output::lost() const { return state_->lost(); }
std::string line_output::reason() const { return state_->reason(); }
void line_output::finish(milliseconds patience) { state_->finish(patience); }

}  // namespace tandem::cli
