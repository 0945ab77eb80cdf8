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
    refused,  ///< too many, or too many bytes, are waiting, or the queue is closed
  };

  command_queue(std::size_t bound, std::size_t bytes_max) : bound_(bound), bytes_max_(bytes_max) {}

  /// Leaves `what` alone when it refuses. `bytes`: of the message it carries. `always`: even when
  /// full; for the few that come once.
  pushed push(task& what, std::size_t bytes = 0, bool always = false);
  /// Everything waiting, for the loop to run.
  std::vector<task> take();
  /// Refuses everything from now on and destroys what waits.
  void close();
  std::size_t size() const;
  /// Commands refused because the queue was full.
  std::uint64_t refused() const;

 private:
  const std::size_t bound_;
  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  std::vector<task> waiting_;
  std::size_t bytes_ = 0;  // of the messages waiting
  std::uint64_t refused_ = 0;
  bool closed_ = false;
};

}  // namespace tandem
