// SPDX-License-Identifier: MIT
// Many nodes that something happens to in one moment.
#include "run_support.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tandem::scenarios {
namespace {

void expect_held(const std::string& text) {
  for (const auto& level : virtual_levels()) {
    const auto r = run_on(parse_scenario(text, "crowd.yaml"), level);
    EXPECT_TRUE(r.ok) << failures_of(r);
  }
}

// Of 500 each fifth of start_spread's 2 s has about 100, five standard deviations of a binomial 45.
TEST(crowd, that_starts_or_restarts_together_does_not_dial_in_one_instant) {
  expect_held(R"(scenario: restarts
duration: 20s
groups: {server: {listen: true, manager: {max_connections: 500}}, clients: {count: 500}}
workload:
  - keep_connected: {from: clients, to: server, pause: 1s}
  - restart: {group: clients, at: 10s}
expectations:
  - clients.attempts at 400ms in [55, 145]
  - clients.attempts at 2s == 500
  - clients.attempts at 10400ms in [555, 645]
  - clients.attempts at 12s == 1000
  - clients.attempts == 1000
  - clients.attempts peak per 400ms in [100, 145]
)");
}

// Without a pause of its own, as a manager redials: backoff_base and a part of start_spread.
TEST(crowd, that_loses_its_server_at_once_does_not_dial_in_one_instant) {
  expect_held(R"(scenario: lost
duration: 20s
groups:
  server: {listen: true, manager: {max_connections: 500}}
  clients: {count: 500, manager: {start_spread: 4s}}
workload:
  - keep_connected: {from: clients, to: server}
  - restart: {group: server, at: 10s}
expectations:
  - clients.attempts at 10999ms == 500
  - clients.attempts at 11800ms in [555, 645]
  - clients.attempts at 15100ms == 1000
  - clients.attempts peak per 800ms in [100, 145] from 10s
  - clients.icn_p2p_active_connections == 500
)");
}

// With default options, the pause as constant as can be: all in step there are moments with none.
TEST(crowd, that_falls_silent_together_does_not_stay_in_step) {
  expect_held(R"(scenario: silent
duration: 11m
groups: {server: {listen: true, manager: {max_connections: 300}}, clients: {count: 300}}
workload:
  - keep_connected: {from: clients, to: server, pause: 2s}
expectations:
  - clients.active.min in [110, 150] between 5m and 6m
  - clients.active.min in [150, 190] between 10m and 11m
)");
}

}  // namespace
}  // namespace tandem::scenarios
