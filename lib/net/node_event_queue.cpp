// SPDX-License-Identifier: MIT
#include "net/node_event_queue.hpp"

#include <utility>

namespace tandem {

std::optional<node_event> event_queue::next(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [this] { return closed_ || !events_.empty(); });
  if (events_.empty()) return std::nullopt;
  std::optional<node_event> out(std::move(events_.front()));
  events_.pop_front();
  return out;
}

std::uint64_t event_queue::take_dropped() {
  const std::lock_guard lock(mutex_);
  return std::exchange(dropped_, 0);
}

void event_queue::push(const node_event& what) {
  {
    const std::lock_guard lock(mutex_);
    if (events_.size() == bound_) {
      events_.pop_front();
      ++dropped_;
    }
    events_.push_back(what);
  }
  changed_.notify_one();
}

void event_queue::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

}  // namespace tandem
