// SPDX-License-Identifier: MIT
#pragma once

#include "message/state.hpp"

#include <barrier>
#include <cstdint>
#include <exception>
#include <thread>
#include <vector>

namespace tandem::sim {

/// One thread for each shard of a message network but the first, which is the caller's. They wait
/// between two windows, and between two runs.
class message_network::crew {
 public:
  explicit crew(state& of);
  ~crew();
  crew(const crew&) = delete;
  crew& operator=(const crew&) = delete;

  /// What happens in all shards before `end`. Throws what a task threw.
  void run_before(time_point end);
  /// The number of the shard that the caller runs, plus 1; 0: none.
  static unsigned here() noexcept { return running_; }

 private:
  void work(std::uint32_t i);
  void run(std::uint32_t i);
  void send_home();
  void throw_first();

  static thread_local unsigned running_;
  state& all_;
  time_point end_{};
  bool over_ = false;
  std::barrier<> meet_;
  std::vector<std::exception_ptr> thrown_;
  std::vector<std::jthread> threads_;
};

}  // namespace tandem::sim
