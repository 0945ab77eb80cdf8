// SPDX-License-Identifier: MIT
#include "net/node/node_commands.hpp"

#include <utility>

namespace tandem {

command_queue::pushed command_queue::push(task& what, std::size_t bytes, bool always) {
  const std::lock_guard lock(mutex_);
  if (closed_) return pushed::refused;
  if (!always && (waiting_.size() >= bound_ || bytes > bytes_max_ - bytes_)) {
    ++refused_;
    return pushed::refused;
  }
  waiting_.push_back(std::move(what));
  bytes_ += bytes;
  return waiting_.size() == 1 ? pushed::first : pushed::queued;
}

std::vector<task> command_queue::take() {
  const std::lock_guard lock(mutex_);
  bytes_ = 0;
  return std::exchange(waiting_, {});
}

void command_queue::close() {
  std::vector<task> dropped;  // destroyed without the lock: a task may own anything
  const std::lock_guard lock(mutex_);
  closed_ = true;
  dropped.swap(waiting_);
}

std::size_t command_queue::size() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

std::uint64_t command_queue::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

}  // namespace tandem
