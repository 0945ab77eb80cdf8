// SPDX-License-Identifier: MIT
#include "run_support.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/scenarios/results.hpp"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

using testing::HasSubstr;

// Two dialers, a server with room for one: every kind of event, in a second.
const std::string small = R"(scenario: small
duration: 1s
groups:
  server: {count: 1, listen: true, manager: {max_connections: 1, max_connections_per_peer: 1}}
  dialers: {count: 2}
workload:
  - dial: {from: dialers, to: server, at: 100ms, arrivals: {every: 200ms}, hold: {fixed: 400ms}}
expectations:
  - server.icn_p2p_active_connections.max == 1
  - server.icn_p2p_active_connections at 450ms == 1
  - server.icn_p2p_active_connections == 0
  - server.refusals.LimitReached == 1
  - dialers.dials_succeeded == 1
)";

std::string refusal_of(const scenario& what, const std::string& level) {
  try {
    run_on(what, level);
  } catch (const bad_input& e) {
    return e.what();
  }
  return "no error";
}

TEST(run, keeps_one_group_connected_to_two) {
  const std::string text = R"(scenario: two
duration: 5s
groups: {a: {listen: true}, b: {listen: true}, c: {count: 2}}
workload:
  - keep_connected: {from: c, to: a}
  - keep_connected: {from: c, to: b}
  - restart: {group: b, at: 1s}
  - restart: {group: c, at: 3s}
expectations:
  - a.icn_p2p_active_connections == 2
  - b.icn_p2p_active_connections == 2
  - c.icn_p2p_active_connections == 4
)";
  for (const auto& level : virtual_levels()) {
    const auto r = run_on(parse_scenario(text, "two.yaml"), level);
    EXPECT_TRUE(r.ok) << failures_of(r);
  }
}

// Idle after 5 s, then a pause drawn anew each time. (A round trip of the close lies between.)
TEST(run, the_pause_before_dialling_again_is_drawn_from_its_distribution) {
  const std::string text = R"(scenario: pauses
duration: 5m
groups:
  server: {listen: true}
  clients: {count: 20, manager: {connection_timeout: 5s}}
workload:
  - keep_connected: {from: clients, to: server, pause: {uniform: [1s, 9s]}}
expectations:
  - clients.attempt_gap in [6s, 15s]
  - clients.attempt_gap.min < 7s
  - clients.attempt_gap.max > 13s
)";
  for (const auto& level : virtual_levels()) {
    const auto r = run_on(parse_scenario(text, "pauses.yaml"), level);
    EXPECT_TRUE(r.ok) << failures_of(r);
  }
}

// A pause or backoff of the life before, which may last a minute, is nothing to the next one.
TEST(run, a_restarted_node_waits_for_no_pause_of_its_life_before) {
  const std::string text = R"(scenario: pauses
duration: 3m
groups: {server: {listen: true}, clients: {count: 20, manager: {backoff_strategy: exponential}}}
workload:
  - keep_connected: {from: clients, to: server, pause: 10m}
  - kill: {group: server, at: 5s}
  - restart: {group: server, at: 2m}
  - restart: {group: clients, at: 2m}
expectations:
  - clients.icn_p2p_active_connections at 119s == 0
  - clients.icn_p2p_active_connections at 122100ms == 20
)";
  for (const auto& level : virtual_levels()) {
    const auto r = run_on(parse_scenario(text, "pauses.yaml"), level);
    EXPECT_TRUE(r.ok) << failures_of(r);
  }
}

// Ids of connections and requests start again with a new life of a node.
TEST(run, what_a_dead_node_held_does_not_end_a_connection_of_its_next_life) {
  const std::string text = R"(scenario: lives
duration: 15s
groups: {s: {listen: true}, c: {count: 1}}
workload:
  - dial: {from: c, to: s, hold: {fixed: 10s}}
  - restart: {group: c, at: 5s}
  - dial: {from: c, to: s, at: 6s}
expectations:
  - c.dials_succeeded == 2
  - c.icn_p2p_active_connections == 1
)";
  for (const auto& level : virtual_levels()) {
    const auto r = run_on(parse_scenario(text, "lives.yaml"), level);
    EXPECT_TRUE(r.ok) << failures_of(r);
  }
}

TEST(run, judges_expectations_and_records_events_and_samples) {
  for (const auto& level : virtual_levels()) {
    const auto r = run_on(parse_scenario(small, "small.yaml"), level);
    EXPECT_TRUE(r.ok) << failures_of(r);
    EXPECT_EQ(r.checks.size(), 5u);
    EXPECT_EQ(r.reproduce, "tandem run small.yaml --level " + level + " --seed 1");
    EXPECT_GT(r.event_rows.size(), 0u);
    EXPECT_EQ(r.event_rows.dropped, 0u);
    EXPECT_EQ(r.samples.size(), 2u * (2 + 3)) << "2 times, 2 groups and 3 nodes";
    EXPECT_EQ(r.groups.at(0).refusals.at(0),
              std::pair(std::string("LimitReached"), std::uint64_t{1}));
  }
}

TEST(run, says_which_expectation_failed_and_what_was_measured) {
  auto text = small;
  text.replace(text.find("max == 1"), 8, "max == 2");
  const auto r = run_on(parse_scenario(text, "small.yaml"), "message");
  EXPECT_FALSE(r.ok);
  EXPECT_FALSE(r.checks[0].ok());
  EXPECT_EQ(r.checks[0].measured, "1");
  EXPECT_TRUE(r.checks[1].ok());
}

TEST(run, keeps_no_more_events_than_asked_and_counts_the_rest) {
  const auto what = parse_scenario(small, "small.yaml");
  const auto all = run_on(what, "message").event_rows.size();
  run_options options;
  options.events_max = 3;
  const auto few = run_on(what, "message", options);
  EXPECT_EQ(few.event_rows.size(), 3u);
  EXPECT_EQ(few.event_rows.dropped, all - 3);
  options.record_events = false;
  EXPECT_EQ(run_on(what, "message", options).event_rows.size(), 0u);
}

TEST(run, does_not_depend_on_what_is_recorded) {
  const auto what = parse_scenario(small, "small.yaml");
  run_options off;
  off.record_events = false;
  EXPECT_EQ(run_on(what, "stream").trace_hash, run_on(what, "stream", off).trace_hash);
}

TEST(run, stops_when_told_and_passes_on_what_a_callback_throws) {
  const auto what = parse_scenario(small, "small.yaml", {"duration=100h"});
  run_options options;
  options.stop = [] { return true; };
  const auto r = run_on(what, "stream", options);
  EXPECT_TRUE(r.stopped);
  EXPECT_FALSE(r.ok);
  options.stop = [] { return false; };
  options.progress_every = {};
  options.on_progress = [](const progress&) { throw std::runtime_error("enough"); };
  EXPECT_THROW(run_on(what, "stream", options), std::runtime_error);
}

TEST(run, kills_restarts_and_keeps_connected) {
  const auto what = parse_scenario(R"(scenario: crash
duration: 60s
groups:
  server: {count: 1, listen: true}
  clients: {count: 3}
workload:
  - keep_connected: {from: clients, to: server}
  - kill: {group: server, at: 5s}
  - restart: {group: server, at: 10s}
expectations:
  - clients.icn_p2p_active_connections at 4s == 3
  - clients.icn_p2p_active_connections at 9s == 0
  - server.icn_p2p_active_connections at 9s == 0
  - clients.icn_p2p_active_connections.max == 3
  - clients.closed.Reset == 3
  - server.icn_p2p_connections_established_total >= 6
)",
                                   "crash.yaml");
  for (const auto& level : virtual_levels()) {
    const auto r = run_on(what, level);
    EXPECT_TRUE(r.ok) << failures_of(r);
  }
}

TEST(level, loopback_refuses_what_it_cannot_honour_and_says_where) {
  EXPECT_THAT(
      refusal_of(parse_scenario(small + "links: {default: {latency: 5ms}}\n", "f.yaml"),
                 "loopback"),
      testing::StartsWith("f.yaml:14:28: level loopback cannot honour `links.default.latency`"));
  EXPECT_THAT(refusal_of(parse_scenario(small, "f.yaml", {"links.default.loss=1%"}), "loopback"),
              testing::StartsWith("--set links.default.loss=1%: "));
  EXPECT_THAT(refusal_of(parse_scenario(small + "tcp: ns3-default\n", "f.yaml"), "loopback"),
              HasSubstr("`tcp`"));
  EXPECT_THAT(
      refusal_of(parse_scenario(small + "faults: [{partition: {groups: [server], at: 100ms}}]\n",
                                "f.yaml"),
                 "loopback"),
      HasSubstr("`faults.0.partition`"));
}

TEST(level, a_scenario_runs_only_where_it_says) {
  EXPECT_THAT(refusal_of(parse_scenario(small + "levels: [stream]\n", "f.yaml"), "message"),
              testing::StartsWith("f.yaml:14:9: the scenario is not for level message"));
}

TEST(level, names_the_closest_known_one) {
  EXPECT_THAT(refusal_of(parse_scenario(small, "f.yaml"), "strem"),
              HasSubstr("did you mean `stream`?"));
}

TEST(results, sqlite_holds_the_run) {
  const auto folder = testing::TempDir() + "tandem_results";
  const auto r = run_on(parse_scenario(small, "small.yaml"), "message");
  const auto path = write_sqlite(r, folder);
  EXPECT_EQ(path, folder + "/small-message-1-" + r.scenario_hash.substr(0, 8) + ".sqlite");
  EXPECT_EQ(path, folder + "/" + sqlite_name(parse_scenario(small, "small.yaml"), "message", 1));
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  const auto number = [db](const char* sql) {
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(db, sql, -1, &statement, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
    const auto value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return static_cast<std::size_t>(value);
  };
  EXPECT_EQ(number("PRAGMA user_version"), static_cast<std::size_t>(sqlite_schema_version));
  EXPECT_EQ(number("SELECT count(*) FROM nodes"), 3u);
  EXPECT_EQ(number(("SELECT count(*) FROM fingerprints WHERE layer = 'admission' AND text = '" +
                    text_of(r.prints->front()) + "'")
                       .c_str()),
            1u);
  EXPECT_EQ(number("SELECT count(*) FROM events"), r.event_rows.size());
  EXPECT_EQ(number("SELECT count(*) FROM samples"), r.samples.size() * r.samples.names.size());
  EXPECT_EQ(
      number(
          "SELECT count(*) FROM events WHERE cause = 'LimitReached' AND kind = 'inbound_refused'"),
      1u);
  EXPECT_EQ(number("SELECT value FROM run WHERE name = 'ok'"), 1u);
  EXPECT_EQ(number("SELECT length(value) FROM run WHERE name = 'scenario_text'"), small.size());
  EXPECT_EQ(
      number("SELECT value LIKE '%max_connections: 1%' FROM run WHERE name = 'scenario_flat'"), 1u);
  EXPECT_EQ(number("SELECT json_array_length(value) FROM run WHERE name = 'sets'"), 0u);
  EXPECT_EQ(number("SELECT value FROM run WHERE name = 'stopped'"), 0u);
  sqlite3_close(db);
  std::filesystem::remove_all(folder);
}

TEST(results, an_older_one_of_the_same_experiment_is_replaced_only_when_asked) {
  const auto folder = testing::TempDir() + "tandem_older_results";
  auto r = run_on(parse_scenario(small, "small.yaml"), "message");
  const auto path = write_sqlite(r, folder);
  const auto written = std::filesystem::last_write_time(path);
  EXPECT_THROW(write_sqlite(r, folder), std::runtime_error);
  EXPECT_EQ(std::filesystem::last_write_time(path), written);
  EXPECT_EQ(write_sqlite(r, folder, older_result::replace), path);
  using files = std::filesystem::directory_iterator;
  EXPECT_EQ(std::distance(files(folder), files()), 1) << "nothing half written stays behind";
  std::filesystem::remove_all(folder);
}

TEST(results, experiments_differ_by_their_text_and_by_each_set) {
  const auto name = [](const std::string& text, const std::vector<std::string>& sets) {
    return sqlite_name(parse_scenario(text, "small.yaml", sets), "message", 1);
  };
  const std::set<std::string> names{
      name(small, {}),
      name(small + "# another text\n", {}),
      name(small, {"description=a"}),
      name(small, {"description=aseed=1"}),
      name(small, {"description=a", "seed=1"}),
      name(small, {"seed=1", "description=a"}),
  };
  EXPECT_EQ(names.size(), 6u);
}

TEST(level, a_scenario_that_names_none_runs_on_those_that_can_honour_it) {
  const auto names = [](const std::string& text, const std::vector<std::string>& sets = {}) {
    return levels_of(parse_scenario(text, "f.yaml", sets), test_levels());
  };
  std::vector<std::string> all;
  for (const auto& level : test_levels()) all.push_back(level.name);
  EXPECT_EQ(names(small), all);
  EXPECT_EQ(names(small + "links: {default: {latency: 5ms}}\n"), virtual_levels());
  EXPECT_EQ(names(small, {"links.default.loss=1%"}), virtual_levels());
  EXPECT_EQ(names(small + "tcp: ns3-default\n"), virtual_levels());
  EXPECT_EQ(names(small + "faults: [{partition: {groups: [server], at: 100ms}}]\n"),
            virtual_levels());
  const auto shaped = small + "links: {default: {latency: 5ms}}\nlevels: [stream, loopback]\n";
  EXPECT_EQ(names(shaped), (std::vector<std::string>{"stream", "loopback"}))
      << "what was named is not forgotten in silence";
  EXPECT_THAT(refusal_of(parse_scenario(shaped, "f.yaml"), "loopback"), HasSubstr("cannot honour"));
  EXPECT_THAT(refusal_of(parse_scenario(small + "tcp: ns3-default\n", "f.yaml"), "loopback"),
              testing::StartsWith("f.yaml:14:6: level loopback cannot honour `tcp`"));
}

// Per connection, in the order of each node's connections: what was notified of it, times aside.
using history = std::map<std::pair<int, std::uint64_t>, std::vector<std::string>>;

history history_of(const run_result& r) {
  history out;
  const auto& e = r.event_rows;
  for (std::size_t i = 0; i < e.size(); ++i)
    if (e.connection[i] != 0)
      out[{e.node[i], e.connection[i]}].push_back(std::string(name_of(notice{e.kind[i]})) + " " +
                                                  std::string(name_of(cause{e.why[i]})));
  return out;
}

TEST(parity, the_same_protocol_events_on_loopback_stream_and_packet) {
  auto text = small;
  text += "  - dialers.told.LimitReached == 1\n";
  const auto what = parse_scenario(text, "small.yaml");
  const auto real = history_of(run_on(what, "loopback"));
  EXPECT_FALSE(real.empty());
  for (const auto& level : virtual_levels()) {
    if (level == "message") continue;  // no sessions there
    EXPECT_EQ(history_of(run_on(what, level)), real) << level;
  }
}

}  // namespace
}  // namespace tandem::scenarios
