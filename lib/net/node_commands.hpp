// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/task.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace tandem {

/// Commands from any thread on their way to the loop, in the order of the calls.
class command_queue {
 public:
  enum class pushed : std::uint8_t {
    queued,
    first,    ///< queued, and the loop must be told
    refused,  ///< `bound` are waiting, or the queue is closed
  };

  explicit command_queue(std::size_t bound) : bound_(bound) {}

  /// Leaves `what` alone when it refuses. `always`: even when full; for the few that come once.
  pushed push(task& what, bool always = false);
  /// Everything waiting, for the loop to run.
  std::vector<task> take();
  /// Refuses everything from now on and destroys what waits.
  void close();
  /// Commands refused because the queue was full.
  std::uint64_t refused() const;

 private:
  const std::size_t bound_;
  mutable std::mutex mutex_;
  std::vector<task> waiting_;
  std::uint64_t refused_ = 0;
  bool closed_ = false;
};

}  // namespace tandem
