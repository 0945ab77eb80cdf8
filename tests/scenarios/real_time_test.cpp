// SPDX-License-Identifier: MIT
// In real time carrying out what a manager decided takes some: what is said of a decision is said
// of the time at which it was taken.
#include "run_support.hpp"

#include <gtest/gtest.h>

namespace tandem::scenarios {
namespace {

class real_time : public testing::TestWithParam<std::string> {};

TEST_P(real_time, a_backoff_begins_when_the_manager_says_so) {
  const auto r = run_on(parse_scenario(R"(
scenario: refused
duration: 1s
groups:
  server: {listen: true, behaviour: {refuse: 100}}
  clients: {count: 20, manager: {backoff_base: 50ms, backoff_cap: 100ms, backoff_strategy: )" +
                                           GetParam() + R"(}}
workload:
  - dial: {from: clients, to: server, arrivals: {every: 5ms}, count: 4}
expectations:
  - clients.backoffs >= 20
)",
                                       "f.yaml"),
                        "loopback");
  EXPECT_TRUE(r.ok) << failures_of(r);
}

INSTANTIATE_TEST_SUITE_P(every_strategy, real_time,
                         testing::Values("none", "exponential", "equal", "full", "decorrelated"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tandem::scenarios
