// SPDX-License-Identifier: MIT
#include "core/driver.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tandem::test {
namespace {

/// Forty peers come, speak in turn and go; `expects`: with a word about each before.
std::vector<std::byte> trace_of_a_crowd(bool expects) {
  driver d;
  const auto expect = [&](std::uint64_t n) {
    if (expects) d.manager.expect(conn(n));
  };
  expect(0);  // none
  for (std::uint32_t i = 1; i <= 40; ++i) {
    expect(2 * i);  // not there yet
    d.accept(conn(2 * i), peer(i));
  }
  for (std::uint32_t i = 1; i <= 200; ++i) {
    const std::uint64_t n = 2 * (i * 7 % 40 + 1);
    expect(n);
    expect(2 * (i * 11 % 60));  // some are unknown
    d.run_for(10ms);
    d.app_bytes(conn(n));
    if (i % 10 == 0) d.tell(events::closed{conn(i / 5), cause::remote_closed});  // some expected
  }
  d.manager.write_checkpoint(d.trace);
  const auto bytes = d.trace.bytes();
  return {bytes.begin(), bytes.end()};
}

TEST(expect, changes_nothing_whoever_is_named) {
  EXPECT_TRUE(trace_of_a_crowd(true) == trace_of_a_crowd(false));
}

TEST(expect, needs_no_connections) {
  driver d;
  for (std::uint64_t n = 0; n < 20; ++n) d.manager.expect(conn(n));
  EXPECT_EQ(d.counters().ignored_events, 0U);
}

}  // namespace
}  // namespace tandem::test
