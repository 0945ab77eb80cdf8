// SPDX-License-Identifier: MIT
#include "core/driver.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

namespace tandem::test {
namespace {

manager_options with_jitter(double ratio) {
  manager_options options;
  options.idle_jitter = ratio;
  options.connection_timeout = 30s;
  options.liveness_interval = 1h;  // they are silent
  options.max_connections = options.max_pending_inbound = 2000;
  return options;
}

/// When each of so many connections, all ready at 0 and never used, is closed.
std::vector<duration> closes(const manager_options& options, std::uint64_t count,
                             std::uint64_t seed = 1) {
  driver d(options, peer(1'000'000), seed);
  for (std::uint64_t n = 1; n <= count; ++n)
    d.accept(conn(2 * n), peer(static_cast<std::uint32_t>(n)));
  d.run_to(std::max<duration>(2 * options.connection_timeout, 20s));
  std::vector<duration> when;
  for (const auto& [at, what] : d.log)
    if (const auto* closed = std::get_if<actions::close>(&what)) {
      EXPECT_EQ(closed->reason, cause::idle_timeout);
      when.push_back(at.time_since_epoch());
    }
  return when;
}

TEST(idle_jitter, spreads_what_fell_silent_together_over_its_part_of_the_timeout) {
  const std::vector<duration> when = closes(with_jitter(0.1), 1000);
  ASSERT_EQ(when.size(), 1000U);
  const auto [least, most] = std::ranges::minmax(when);
  EXPECT_GE(least, 30s);
  EXPECT_LT(least, 30020ms);
  EXPECT_LE(most, 33s);
  EXPECT_GT(most, 32980ms);
  // Uniform: 100 expected in each tenth, five standard deviations of a binomial.
  std::array<int, 10> tenths{};
  for (const duration at : when)
    ++tenths[std::min<std::size_t>(static_cast<std::size_t>((at - 30s) / 300ms), 9)];
  for (const int in : tenths) EXPECT_NEAR(in, 100, 48);
}

TEST(idle_jitter, at_nothing_keeps_the_timeout_exactly) {
  for (const duration at : closes(with_jitter(0), 50)) EXPECT_EQ(at, 30s);
}

TEST(idle_jitter, at_its_most_doubles_the_timeout_at_most) {
  const std::vector<duration> when = closes(with_jitter(1), 1000);
  const auto [least, most] = std::ranges::minmax(when);
  EXPECT_GE(least, 30s);
  EXPECT_LT(most, 60s);
  EXPECT_GT(most, 59s);
}

TEST(idle_jitter, counts_from_the_last_byte_and_is_drawn_once_a_connection) {
  driver d(with_jitter(0.5));
  d.accept(conn(2), peer(1));
  const duration patience = d.manager.explain(conn(2), d.now).idle_timeout;
  EXPECT_GE(patience, 30s);
  EXPECT_LE(patience, 45s);
  for (int n = 1; n <= 20; ++n) {
    d.run_for(20s);
    d.tell(events::traffic{conn(2), 1, 1, 1, d.now, d.now});
    EXPECT_EQ(d.manager.explain(conn(2), d.now).idle_timeout, patience);
    EXPECT_EQ(d.manager.explain(conn(2), d.now).idle_at, d.now + patience);
  }
  const time_point due = d.now + patience;
  d.run_to((due - 1ns).time_since_epoch());
  EXPECT_EQ(d.count<actions::close>(), 0U);
  d.run_to(due.time_since_epoch());
  EXPECT_EQ(d.count<actions::close>(), 1U);
}

TEST(idle_jitter, told_while_running_is_the_same_part_of_the_new_timeout) {
  manager_options options = with_jitter(0.5);
  driver d(options);
  d.accept(conn(2), peer(1));
  const duration before = d.manager.explain(conn(2), d.now).idle_timeout - 30s;
  options.connection_timeout = 60s;
  d.tell(events::configured{options});
  const duration after = d.manager.explain(conn(2), d.now).idle_timeout - 60s;
  EXPECT_GE(after, 2 * before - 2ns);
  EXPECT_LE(after, 2 * before + 2ns);
  options.idle_jitter = 0;
  d.tell(events::configured{options});
  d.run_to(60s - 1ns);
  EXPECT_EQ(d.count<actions::close>(), 0U);
  d.run_to(60s);
  EXPECT_EQ(d.count<actions::close>(), 1U);
}

TEST(idle_jitter, lengthens_the_timeout_and_not_its_floor) {
  manager_options options = with_jitter(1);
  options.connection_timeout = 1s;
  options.idle_floor_probes = 10;  // of a second each, without a sample
  for (const duration at : closes(options, 100)) EXPECT_EQ(at, 10s);
}

}  // namespace
}  // namespace tandem::test
