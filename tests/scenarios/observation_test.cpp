// SPDX-License-Identifier: MIT
// Looking at a run, in whatever way, does not change it; and what is seen is up to date.
#include "busy_run.hpp"
#include "run_support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace tandem::scenarios {
namespace {

using namespace std::chrono_literals;

/// All that a run found but its samples, as text.
std::string findings_of(const run_result& r) {
  std::ostringstream out;
  out << r.events;
  for (const auto& group : r.groups) {
    for (const auto& [name, number] : group.metrics)
      out << '\n'
          << group.name << ' ' << name << ' ' << number.last << ' ' << number.min << ' '
          << number.max;
    for (const auto& [name, count] : group.refusals) out << '\n' << name << ' ' << count;
  }
  const auto& e = r.event_rows;
  for (std::size_t i = 0; i < e.size(); ++i)
    out << '\n'
        << e.time_ns[i] << ' ' << e.node[i] << ' ' << int{e.kind[i]} << ' ' << int{e.why[i]} << ' '
        << e.connection[i] << ' ' << e.request[i] << ' ' << e.peer[i] << ' ' << e.until_ns[i];
  return out.str();
}

class observation : public testing::TestWithParam<std::string> {
 protected:
  run_result observed(const std::string& more = {}, const std::vector<std::string>& sets = {},
                      const run_options& options = {}) const {
    return run_on(parse_scenario(busy + more, "busy.yaml", sets), GetParam(), options);
  }
  void is_as_before(const run_result& r, const char* how) const {
    EXPECT_EQ(r.trace_hash, plain.trace_hash) << how;
    EXPECT_EQ(findings_of(r), findings_of(plain)) << how;
  }

  const run_result plain = observed();
};

TEST_P(observation, at_any_time_changes_nothing) {
  ASSERT_GT(plain.event_rows.size(), 100U);
  for (const char* every : {"1ms", "10ms", "333333us", "20s"})
    is_as_before(observed({}, {std::string("sample_every=") + every}), every);
  is_as_before(observed("  - server.icn_p2p_bytes_sent_total at 6s >= 0\n"
                        "  - other.icn_p2p_active_connections at 6s >= 0\n"
                        "  - other.icn_p2p_active_connections at 20s >= 0\n"
                        "  - clients.icn_p2p_active_connections at 0s == 0\n"),
               "values at a time");
}

TEST_P(observation, by_whoever_watches_or_records_changes_nothing) {
  run_options options;
  options.node_samples_max = 0;
  is_as_before(observed({}, {}, options), "samples of groups only");
  options.progress_every = {};
  int asked = 0;
  options.on_progress = [&](const progress&) { ++asked; };
  options.stop = [] { return false; };
  is_as_before(observed({}, {}, options), "progress");
  EXPECT_GT(asked, 0);
  options.record_events = false;
  EXPECT_EQ(observed({}, {}, options).trace_hash, plain.trace_hash) << "no events kept";
}

TEST_P(observation, by_a_trace_changes_nothing) {
  const auto levels = test_levels();
  level untraced = level_named(levels, GetParam());
  untraced.make_world = [make = untraced.make_world](world_options options) {
    options.traced = false;
    return make(options);
  };
  const auto r = run(parse_scenario(busy, "busy.yaml"), untraced);
  EXPECT_NE(r.trace_hash, plain.trace_hash);
  EXPECT_EQ(findings_of(r), findings_of(plain));
}

INSTANTIATE_TEST_SUITE_P(level, observation, testing::ValuesIn(virtual_levels()),
                         [](const auto& info) { return info.param; });

// 1 MiB over 256 kbit/s takes 34 s, during which the managers hear of nothing for 10 s at a time.
const std::string transfer = R"(scenario: transfer
duration: 60s
sample_every: 1s
groups: {server: {listen: true}, sender: {}}
links: {default: {latency: 10ms, bandwidth: 256kbit/s}}
workload:
  - dial: {from: sender, to: server}
  - send: {from: sender, to: server, at: 5s, bytes: 1048568}
expectations:
  - server.icn_p2p_bytes_received_total at 15s in [250000, 340000]
  - server.icn_p2p_bytes_received_total at 20s in [400000, 500000]
  - server.icn_p2p_bytes_received_total at 25s in [550000, 660000]
  - server.icn_p2p_bytes_received_total at 30s in [700000, 820000]
  - server.icn_p2p_bytes_received_total >= 1048568
  - server.application_bytes at 15s in [250000, 340000]
  - server.application_bytes at 25s in [550000, 660000]
  - server.application_bytes ~= server.icn_p2p_bytes_received_total +- 2% between 20s and 25s
  - server.application_bytes rate in [224kbit/s, 272kbit/s] between 10s and 30s
  - sender.application_bytes == server.application_bytes
)";

TEST(counters, grow_with_what_moves) {
  for (const auto& level : virtual_levels()) {
    if (level == "message") continue;  // a message is one packet there
    const auto r = run_on(parse_scenario(transfer, "transfer.yaml"), level);
    EXPECT_TRUE(r.ok) << failures_of(r);
    const auto& s = r.samples;
    const auto metric =
        std::ranges::find(s.names, "icn_p2p_bytes_received_total") - s.names.begin();
    std::uint64_t before = 0;
    for (std::size_t row = 0; row < s.size(); ++row) {
      if (s.group[row] != 0 || s.time_ns[row] <= 5e9 || s.time_ns[row] > 35e9) continue;
      const auto value = s.values[static_cast<std::size_t>(metric)][row];
      if (s.node[row] < 0) {
        EXPECT_GE(value, before) << level;
        before = value;
      } else {
        EXPECT_EQ(value, before) << "the only node of its group";
      }
    }
  }
}

TEST(counters, of_a_run_that_ends_or_a_node_that_dies_in_the_middle_keep_what_moved) {
  for (const auto& level : virtual_levels()) {
    if (level == "message") continue;
    for (const char* change : {"duration=31s", "workload.2.kill.at=31s"}) {
      const auto r = run_on(parse_scenario(R"(scenario: middle
duration: 60s
groups: {server: {listen: true}, sender: {}}
links: {default: {latency: 10ms, bandwidth: 256kbit/s}}
workload:
  - dial: {from: sender, to: server}
  - send: {from: sender, to: server, at: 5s, bytes: 1048568}
  - kill: {group: server, at: 30500ms}
expectations:
  - server.icn_p2p_bytes_received_total in [700000, 860000]
  - server.application_bytes in [700000, 860000]
)",
                                           "middle.yaml", {change}),
                            level);
      EXPECT_TRUE(r.ok) << failures_of(r);
    }
  }
}

// How long each node waited after each failure, in nanoseconds.
std::map<int, std::vector<std::int64_t>> waits_of(const run_result& r) {
  std::map<int, std::vector<std::int64_t>> waits;
  const auto& e = r.event_rows;
  for (std::size_t i = 0; i < e.size(); ++i)
    if (notice{e.kind[i]} == notice::backoff_started)
      waits[e.node[i]].push_back(e.until_ns[i] - e.time_ns[i]);
  return waits;
}

TEST(parity, a_manager_draws_the_same_waits_on_every_level_in_each_of_its_lives) {
  const auto what = parse_scenario(R"(scenario: waits
duration: 5m
groups: {nobody: {listen: true}, clients: {count: 3}}
workload:
  - kill: {group: nobody, at: 0s}
  - keep_connected: {from: clients, to: nobody, at: 1s}
  - restart: {group: clients, at: 100s}
)",
                                   "waits.yaml");
  const auto at_stream = waits_of(run_on(what, "stream"));
  ASSERT_EQ(at_stream.size(), 3U);
  EXPECT_GT(at_stream.begin()->second.size(), 8U);
  EXPECT_NE(at_stream.at(1), at_stream.at(2)) << "each node draws its own";
  for (const auto& level : virtual_levels())
    EXPECT_EQ(waits_of(run_on(what, level)), at_stream) << level;
}

}  // namespace
}  // namespace tandem::scenarios
