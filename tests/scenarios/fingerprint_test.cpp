// SPDX-License-Identifier: MIT
// Fingerprints: equal for equal runs, and a change moves the layer that it is of.
#include "run_support.hpp"
#include "tandem/scenarios/results.hpp"

#include <gmock/gmock.h>
#include <boost/json.hpp>

#include <set>

namespace tandem::scenarios {
namespace {

// Dialers for a server that is not there for a while, and strangers beyond its limit.
const std::string text = R"(scenario: layers
duration: 80s
groups:
  server: {listen: true, manager: {max_connections: 4, connection_timeout: 10s}}
  dialers: {count: 6, manager: {backoff_base: 1s}}
workload:
  - keep_connected: {from: dialers, to: server}
  - send: {from: dialers, to: server, at: 1s, every: 5s, bytes: 64}
faults:
  - partition: {groups: [server], at: 20s, until: 30s}
)";

fingerprints prints_of(const std::string& level, const std::vector<std::string>& sets = {},
                       const run_options& options = {}) {
  return run_on(parse_scenario(text, "layers.yaml", sets), level, options).prints.value();
}

std::set<std::string> moved(const fingerprints& a, const fingerprints& b) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < layers_count; ++i)
    if (a[i].back() != b[i].back()) names.emplace(name_of(static_cast<layer>(i)));
  return names;
}

TEST(fingerprints, of_equal_runs_are_equal_whatever_is_kept_of_them) {
  for (const auto& level : virtual_levels()) {
    run_options other;
    other.record_events = false;
    other.node_samples_max = 0;
    EXPECT_EQ(prints_of(level), prints_of(level, {}, other)) << level;
    other.seed = 7;
    EXPECT_THAT(moved(prints_of(level), prints_of(level, {}, other)),
                testing::IsSupersetOf({"backoff", "timers"}))
        << level;
  }
}

TEST(fingerprints, are_not_there_where_time_is_real) {
  const auto r = run_on(parse_scenario("{scenario: s, duration: 100ms, groups: {a: {}}}", "s.yaml"),
                        "loopback");
  EXPECT_FALSE(r.prints);
}

TEST(fingerprints, tell_by_their_layer_what_a_change_touched) {
  const auto before = prints_of("message");
  EXPECT_THAT(moved(before, prints_of("message", {"groups.server.manager.max_connections=5"})),
              testing::IsSupersetOf({"admission", "causes", "backoff"}));
  // Nobody is admitted otherwise when a connection says more.
  EXPECT_THAT(moved(before, prints_of("message", {"workload.1.send.bytes=65"})),
              testing::UnorderedElementsAre("bytes"));
  // Another ceiling moves waits, and so the times of what follows.
  EXPECT_THAT(moved(before, prints_of("message", {"groups.dialers.manager.backoff_base=1001ms"})),
              testing::IsSupersetOf({"backoff", "timers"}));
}

TEST(fingerprints, are_equal_up_to_what_differs_first) {
  const auto before = prints_of("message");
  const auto after = prints_of("message", {"faults.0.partition.until=31s"});
  const auto of = [](const fingerprints& all, layer which) {
    return all[static_cast<std::size_t>(which)];
  };
  const auto a = of(before, layer::timers);
  const auto b = of(after, layer::timers);
  for (std::size_t eighth : {0u, 1u, 2u}) EXPECT_EQ(a[eighth], b[eighth]) << "ends at 10, 20, 30 s";
  EXPECT_NE(a[7], b[7]);
  EXPECT_THAT(text_of(a), testing::MatchesRegex("([0-9a-f]{4}[.]){7}[0-9a-f]{16}"));
  EXPECT_EQ(text_of(a).substr(0, 15), text_of(b).substr(0, 15));
}

TEST(fingerprints, are_in_json) {
  const auto r = run_on(parse_scenario(text, "layers.yaml"), "message");
  const auto all = boost::json::parse(to_json({&r, 1})).as_array();
  const auto& prints = all.at(0).at("fingerprints").as_object();
  EXPECT_EQ(prints.size(), layers_count);
  EXPECT_EQ(prints.at("backoff").as_string(), text_of((*r.prints)[1]));
}

}  // namespace
}  // namespace tandem::scenarios
