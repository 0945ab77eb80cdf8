// SPDX-License-Identifier: MIT
#pragma once

#include "node/village.hpp"

#include <future>

namespace tandem::test {

inline bool is_ready(const std::shared_future<void>& future) {
  return future.wait_for(0s) == std::future_status::ready;
}

/// A node that listens and one that dialled it, `d` apart, at 100 ms.
struct two_connected {
  static constexpr duration d = 10ms;

  two_connected() {
    town.dial(client, server);
    town.run_until(at(100ms));
    EXPECT_EQ(client.counters().active_connections, 1U);
    EXPECT_EQ(server.counters().active_connections, 1U);
  }
  village town{d};
  villager server = town.add();
  villager client = town.add({}, false);
};

}  // namespace tandem::test
