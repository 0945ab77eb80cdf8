// SPDX-License-Identifier: MIT
#pragma once

#include "run_support.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/core/actions.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// A scenario of one server (node 0) and clients at 10 ms one way, where nothing stands in the way.
inline std::string crowd(const std::string& work, int clients = 4,
                         const std::string& server = "max_connections: 1000") {
  return "scenario: s\nduration: 100s\ngroups:\n"
         "  server: {listen: true, manager: {connection_timeout: 1h, max_connections_per_peer: "
         "256, "
         "max_connections_per_narrow_subnet: 0, " +
         server + "}}\n  clients: {count: " + std::to_string(clients) +
         ", manager: {connection_timeout: 1h, max_connections_per_peer: 256, start_spread: 0s}}\n"
         "links: {default: {latency: 10ms}}\nworkload:\n" +
         work;
}

inline run_result run_of(const std::string& text, const std::string& level = "message") {
  const auto r = run_on(parse_scenario(text, "f.yaml"), level);
  EXPECT_TRUE(r.ok) << failures_of(r);
  return r;
}

/// (milliseconds since the start, node) of each notification of this kind, in their order.
using moments = std::vector<std::pair<std::int64_t, std::int32_t>>;
inline moments when(const run_result& r, notice kind) {
  moments found;
  for (std::size_t i = 0; i < r.event_rows.size(); ++i)
    if (r.event_rows.kind[i] == static_cast<std::uint8_t>(kind))
      found.emplace_back(r.event_rows.time_ns[i] / 1'000'000, r.event_rows.node[i]);
  return found;
}
inline moments dials(const run_result& r) { return when(r, notice::dial_started); }

}  // namespace tandem::scenarios
