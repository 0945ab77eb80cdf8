// SPDX-License-Identifier: MIT
#pragma once

#include "wake_up.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <utility>

namespace tandem::bindings {

/// Something that was asked for is over, or came by itself.
struct answer {
  /// "dial", "send", "request", "ping", "identify", "stream", "came", "over", "shutdown"
  const char* of;
  std::uint64_t which = 0;
  std::string what{};
  std::string why{};
};

/// Answers that wait for Python, and the bell that tells it to look. From any thread.
class answers {
 public:
  int file() const { return bell_.file(); }
  std::uint64_t next_number() { return ++last_; }

  void say(answer what) {
    {
      const std::lock_guard locked(mutex_);
      waiting_.push_back(std::move(what));
    }
    ring();
  }
  void ring() {
    if (!rung_.exchange(true)) bell_.ring();
  }
  std::deque<answer> take() {
    bell_.quiet();
    rung_ = false;
    const std::lock_guard locked(mutex_);
    return std::exchange(waiting_, {});
  }

 private:
  wake_up bell_;
  std::atomic<bool> rung_ = false;
  std::atomic<std::uint64_t> last_ = 0;
  std::mutex mutex_;
  std::deque<answer> waiting_;
};

}  // namespace tandem::bindings
