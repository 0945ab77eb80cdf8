// SPDX-License-Identifier: MIT
// Every option can change while running: a manager that is told of other options behaves like one
// that was built with them.
#include "core/chaos.hpp"
#include "tandem/core/option_table.hpp"

#include <cmath>
#include <set>
#include <vector>

namespace tandem::test {
namespace {

/// Small limits, so that each refuses or evicts somebody soon.
manager_options tight() {
  manager_options o;
  o.max_connections = 4;
  o.max_connections_per_peer = 2;
  o.max_inbound_connections = 3;
  o.max_outbound_connections = 2;
  o.reserved_connections = 1;
  o.max_pending_inbound = 4;
  o.max_pending_outbound = 3;
  o.max_lingering_refusals = 2;
  o.max_queued_requests = 5;
  o.max_memory = 8 * o.connection_memory;
  o.max_pending_per_wide_subnet = 3;
  o.accept_rate = 4;
  o.accept_burst = 4;
  o.max_access_rules = 1;
  o.max_marked_peers = 1;
  o.uplink_failures = 1;
  o.eviction = eviction_mode::scored;
  o.eviction_sample = 2;
  o.eviction_interval = 30s;
  o.eviction_penalty = 500ms;
  o.churn_interval = 10s;
  o.connection_timeout = 60s;
  o.liveness_interval = 1s;
  o.liveness_timeout = 500ms;
  o.liveness_misses = 1;
  return o;
}

/// Room for connections, and short times and small memories for what goes wrong with them.
manager_options troubled() {
  manager_options o;
  o.max_connections_per_peer = 20;
  o.max_memory = 100 * o.connection_memory;
  o.max_connections_per_narrow_subnet = 3;
  o.max_connections_per_wide_subnet = 4;
  o.subnet_accept_rate = 0.05;
  o.subnet_accept_burst = 2;
  o.max_attempts_per_peer = 2;
  o.max_remembered_peers = 2;
  o.max_remembered_addresses = 2;
  o.max_remembered_subnets = 1;
  o.connection_timeout = 5s;
  o.backoff_base = 10s;
  o.backoff_cap = 40s;
  o.backoff_reset_after = 1s;
  o.backoff_refund = 60s;
  o.breaker_failures = 3;
  o.breaker_open = 20s;
  o.breaker_open_max = 30s;
  o.subnet_breaker_failures = 3;
  o.uplink_failures = 0;
  return o;
}

/// `o` with another value of the option that is valid with the others.
manager_options with_other(const manager_options& o, const option_row& row) {
  const auto is_other = [&](const manager_options& x) { return x != o && problems_of(x).empty(); };
  for (const double factor : {2.0, 0.5, 1.5, 0.9, 0.0}) {
    manager_options x = o;
    const auto times = [&](auto value) { return value == 0 ? 2.0 : double(value) * factor; };
    std::visit(
        [&](const auto& field) {
          using type = std::decay_t<decltype(field)>;
          if constexpr (std::is_same_v<type, option_choice>) {
            field.set(x, static_cast<std::uint8_t>((field.get(o) + 1) % field.names.size()));
          } else if constexpr (std::is_same_v<type, duration manager_options::*>) {
            x.*field = duration(std::llround(times((o.*field).count())));
          } else {
            using value = std::decay_t<decltype(x.*field)>;
            x.*field = static_cast<value>(times(o.*field));
          }
        },
        row.field);
    if (is_other(x)) return x;
  }
  ADD_FAILURE() << "no other value of " << row.name;
  return o;
}

std::uint64_t actions_of(const manager_options& built_with, const manager_options& told_of,
                         std::uint64_t seed) {
  chaos run(seed, built_with);
  if (told_of != built_with) run.configure(told_of);
  run.run(6'000);
  run.finish();
  return run.digest();
}

TEST(live_options, each_may_change_under_load_and_no_limit_breaks_and_replays_are_alike) {
  std::uint64_t seed = 0;
  for (const manager_options& base : {tight(), troubled()})
    for (const option_row& row : option_table()) {
      SCOPED_TRACE(row.name);
      chaos run(++seed, base);
      run.run(400);
      run.configure(with_other(base, row));
      run.run(400);
      run.configure(base);
      run.run(400);
      run.finish();
      const replay_result again = replay(run.trace().bytes());
      EXPECT_TRUE(again.identical) << again.error << " at " << again.mismatch_at;
      memory_source source(run.trace().bytes());
      const open_replay_result open = replay_open(source, [](manager_options&) {});
      EXPECT_EQ(open.divergences_count + open.skipped_count + open.assumed, 0U);
    }
}

TEST(live_options, each_holds_when_told_as_when_built_and_makes_a_difference) {
  // Told together at the end: a run stops at a failure.
  std::vector<std::string> unlike;
  std::set<std::string> idle;
  for (const option_row& row : option_table()) idle.emplace(row.name);
  for (const manager_options& base : {tight(), troubled()})
    for (const std::uint64_t seed : {1, 2, 3, 5}) {
      const std::uint64_t unchanged = actions_of(base, base, seed);
      for (const option_row& row : option_table()) {
        const manager_options other = with_other(base, row);
        const std::uint64_t built = actions_of(other, other, seed);
        if (actions_of(base, other, seed) != built) unlike.emplace_back(row.name);
        if (built != unchanged) idle.erase(std::string(row.name));
      }
    }
  EXPECT_EQ(unlike, std::vector<std::string>{});
  EXPECT_EQ(idle, std::set<std::string>{});
}

}  // namespace
}  // namespace tandem::test
