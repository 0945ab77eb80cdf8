// SPDX-License-Identifier: MIT
#include "net/node/node_event_queue.hpp"

#include <utility>

namespace tandem {
namespace {

std::size_t bytes_of(const node_event& what) {
  const auto* message = std::get_if<received_message>(&what);
  return message ? message->bytes.size() : 0;
}

}  // namespace

std::optional<node_event> event_queue::next(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [this] { return closed_ || !events_.empty(); });
  if (events_.empty()) return std::nullopt;
  return take_oldest();
}

node_event event_queue::take_oldest() {
  bytes_ -= bytes_of(events_.front());
  node_event out(std::move(events_.front()));
  events_.pop_front();
  return out;
}

bool event_queue::closed() {
  const std::lock_guard lock(mutex_);
  return closed_ && events_.empty();
}

std::uint64_t event_queue::take_dropped() {
  const std::lock_guard lock(mutex_);
  return std::exchange(dropped_, 0);
}

void event_queue::push(const node_event& what) {
  {
    const std::lock_guard lock(mutex_);
    const auto size = bytes_of(what);
    while (!events_.empty() && (events_.size() >= bound_ || bytes_ + size > bytes_max_)) {
      take_oldest();
      ++dropped_;
    }
    bytes_ += size;
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
