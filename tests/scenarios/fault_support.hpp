// SPDX-License-Identifier: MIT
#pragma once

#include "run_support.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace tandem::scenarios {

/// Everybody in the village dials the hub.
inline const std::string joined = R"(
  - dial: {from: a, to: hub, at: 1s}
  - dial: {from: b, to: hub, at: 1s})";

/// A hub and two groups of two, 10 ms from each other: a dial is ready after 60 ms. No policy of
/// the managers stands in the way.
inline std::string village(const std::string& work, const std::string& faults,
                           const std::string& expectations,
                           const std::string& manager = "connection_timeout: 1h") {
  const std::string options =
      "manager: {start_spread: 0s, max_connections_per_narrow_subnet: 0, " + manager + "}";
  return "scenario: s\nduration: 200s\ngroups:\n  hub: {listen: true, " + options +
         "}\n  a: {count: 2, " + options + "}\n  b: {count: 2, " + options +
         "}\nlinks: {default: {latency: 10ms}}\nworkload:" + work + "\nfaults:\n  - " + faults +
         (expectations.empty() ? "" : "\nexpectations:" + expectations) + "\n";
}

/// Every expectation holds and every fault was put to the test, at every level of virtual time.
inline void for_each_level(const std::string& text,
                           const std::function<void(const run_result&)>& more = {},
                           const std::vector<std::string>& levels = virtual_levels()) {
  for (const auto& level : levels) {
    SCOPED_TRACE(level);
    const auto r = run_on(parse_scenario(text, "f.yaml"), level);
    EXPECT_TRUE(r.ok) << failures_of(r);
    if (more) more(r);
  }
}

inline std::uint64_t touched(const run_result& r, std::size_t fault, touch what) {
  return r.faults.at(fault).touched[static_cast<std::size_t>(what)];
}

}  // namespace tandem::scenarios
