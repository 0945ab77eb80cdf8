// SPDX-License-Identifier: MIT
// A campaign of many cells in one process: none leaves anything behind.
#include "scenarios/run_support.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace tandem::scenarios {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

// A refusal, a failure, two connections that end and one that does not.
const std::string tiny = R"(scenario: tiny
duration: 2s
groups:
  server: {count: 1, listen: true, manager: {max_connections: 2}}
  dialers: {count: 3}
workload:
  - dial: {from: dialers, to: server, at: 100ms, arrivals: {every: 200ms}, hold: {fixed: 400ms}}
  - send: {from: dialers, to: server, at: 450ms, size: 100}
  - keep_connected: {from: dialers, to: server}
)";

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

TEST(campaign, of_many_cells_in_one_process_does_not_grow) {
  const scenario what = parse_scenario(tiny, "tiny");
  const int warm = sanitized ? 20 : 500;
  const int cells = sanitized ? 200 : 10'000;
  std::string first;
  double before = 0;
  for (int i = 0; i < cells; ++i) {
    if (i == warm) before = resident_bytes();
    run_options options;
    options.seed = static_cast<std::uint64_t>(1 + i % 100);
    const run_result ran = run_on(what, "message", options);
    ASSERT_GT(ran.events, 0U);
    if (i == 0) first = ran.trace_hash;
    if (i % 100 == 0) {
      ASSERT_EQ(ran.trace_hash, first) << "cell " << i;
    }
  }
  // A sanitizer keeps for a while what was freed, and finds by itself what was not.
  if (!sanitized) {
    EXPECT_LT(resident_bytes() - before, 1 << 20);
  }
}

}  // namespace
}  // namespace tandem::scenarios
