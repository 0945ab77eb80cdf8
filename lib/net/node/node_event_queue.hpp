// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/node.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>

namespace tandem {

/// What stands behind one subscription: filled by the node's thread, read by another.
class event_queue final : public event_subscription {
 public:
  event_queue(std::size_t bound, std::size_t bytes_max)
      : bound_(bound == 0 ? 1 : bound), bytes_max_(bytes_max) {}

  std::optional<node_event> next(std::chrono::milliseconds patience) override;
  std::uint64_t take_dropped() override;
  bool closed() override;

  /// Drops the oldest when full; never waits for the reader.
  void push(const node_event& what);
  /// The node is gone: readers take what is left and wait no more.
  void close();

 private:
  node_event take_oldest();

  const std::size_t bound_;
  const std::size_t bytes_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<node_event> events_;
  std::size_t bytes_ = 0;  // of the messages among them
  std::uint64_t dropped_ = 0;
  bool closed_ = false;
};

}  // namespace tandem
