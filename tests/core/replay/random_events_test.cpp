// SPDX-License-Identifier: MIT
#include "core/chaos.hpp"
#include "tandem/core/counter_table.hpp"

namespace tandem::test {
namespace {

manager_options small(std::uint64_t seed) {
  manager_options options;
  options.max_connections = 6;
  options.max_connections_per_peer = 2;
  options.max_pending_inbound = 4;
  options.max_pending_outbound = 3;
  options.max_lingering_refusals = 2;
  options.max_queued_requests = 5;
  options.max_remembered_peers = 4;
  options.breaker_failures = 3;
  if (seed % 3 == 0) {
    options.uplink_failures = 1;
    options.subnet_breaker_failures = 3;
    options.max_remembered_subnets = 2;
    options.max_remembered_addresses = 3;
    options.max_connections_per_narrow_subnet = 1;
    options.max_connections_per_wide_subnet = 2;
    options.max_pending_per_wide_subnet = 2;
    options.accept_rate = 3;
    options.accept_burst = 4;
  }
  if (seed % 2 == 0) return options;
  options.eviction = eviction_mode::scored;
  options.eviction_interval = 100ms;
  options.eviction_penalty = 500ms;
  options.churn_interval = 10s;
  return options;
}

std::string first_of(const std::vector<divergence>& list) {
  if (list.empty()) return {};
  const divergence& d = list.front();
  const time_point when = std::min(d.recorded.at, d.open.at);
  return std::to_string(when.time_since_epoch().count()) + " ns: " + describe(d.recorded) +
         " became " + describe(d.open);
}

TEST(random_events, never_break_a_limit_or_lose_a_permit_and_replay_alike) {
  manager_counters sum;
  std::uint64_t uplink_lost = 0;
  for (std::uint64_t seed = 1; seed <= 30 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    chaos run(seed, small(seed));
    run.run(10'000);
    run.finish();
    sum.established_total += run.counters().established_total;
    sum.failed_total += run.counters().failed_total;
    sum.evicted_total += run.counters().evicted_total;
    uplink_lost += run.count(notice::uplink_lost);
    for (std::size_t i = 0; i < causes_count; ++i) sum.refused[i] += run.counters().refused[i];
    const replay_result again = replay(run.trace().bytes());
    EXPECT_TRUE(again.identical) << again.error << " at " << again.mismatch_at;
    EXPECT_GE(again.inputs, 10'000U);
    memory_source source(run.trace().bytes());
    const open_replay_result open = replay_open(source, [](manager_options&) {});
    EXPECT_EQ(open.divergences_count + open.skipped_count + open.assumed, 0U)
        << first_of(open.divergences);
    for (const counter_row& row : counter_table())
      EXPECT_EQ(open.counters.*row.field, open.record.counters.*row.field) << row.name;
    // From the state at any step everything goes on alike, later states included.
    for (std::size_t i = 1; i < run.trace().segments(); ++i) {
      const replay_result rest = replay(run.trace().from(i));
      EXPECT_TRUE(rest.identical) << "segment " << i << ": " << rest.error << rest.recorded
                                  << " -> " << rest.replayed;
    }
    memory_source later(run.trace().from(run.trace().segments() / 2));
    const open_replay_result open_later = replay_open(later, [](manager_options&) {});
    EXPECT_EQ(open_later.divergences_count + open_later.assumed, 0U)
        << open_later.assumed << " assumed; " << first_of(open_later.divergences);
  }
  // The events reached what they are meant to test.
  EXPECT_GT(sum.established_total, 1000U);
  EXPECT_GT(sum.failed_total, 1000U);
  EXPECT_GT(sum.evicted_total, 50U);
  EXPECT_GT(uplink_lost, 20U);
  for (const cause c :
       {cause::limit_reached, cause::per_peer_limit_reached, cause::pending_limit_reached,
        cause::backing_off, cause::circuit_open, cause::denied, cause::duplicate,
        cause::rate_limited, cause::subnet_limit_reached, cause::self_dial, cause::no_address})
    EXPECT_GT(sum.refused[static_cast<std::size_t>(c)], 10U) << name_of(c);
}

}  // namespace
}  // namespace tandem::test
