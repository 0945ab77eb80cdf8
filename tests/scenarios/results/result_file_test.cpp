// SPDX-License-Identifier: MIT
// Results in files: what is written is what is read, in every version that was ever written.
#include "results/sqlite_file.hpp"
#include "scenarios/run_support.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/scenarios/results.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace tandem::scenarios {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

const std::string varied = R"(scenario: varied
duration: 4s
parameters: {limit: 2, often: 50ms, twice: "${limit * 2}"}
sample_every: 500ms
groups:
  server:  {listen: true, manager: {max_connections: "${limit}", connection_timeout: 2s}}
  dialers: {count: "${twice}"}
workload:
  - dial: {from: dialers, to: server, arrivals: {every: "${often}"}}
faults:
  - die: {nodes: "dialers[0]", at: 1s, for: 500ms}
  - die: {nodes: "dialers[1]", at: 3s, for: 10s}
expectations:
  - server.active.max <= 1
  - server.refusals.LimitReached == 2
  - server.closed.LivenessLost <= 30
)";

std::string text_of_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class result_files : public testing::Test {
 protected:
  result_files() { std::filesystem::create_directories(folder_); }
  ~result_files() override { std::filesystem::remove_all(folder_); }

  std::string written(const run_result& r) { return write_sqlite(r, folder_); }
  std::string from_sql(const std::string& name) {
    const auto path = folder_ + "/" + name + ".sqlite";
    sqlite_file(path).run(text_of_file(kept_ + name + ".sql").c_str());
    return path;
  }
  static std::vector<std::vector<std::string>> rows(const std::string& path, const char* sql,
                                                    int columns) {
    sqlite_file in(path, sqlite_file::use::read);
    sqlite_statement asked(in, sql);
    std::vector<std::vector<std::string>> all;
    while (asked.next()) {
      auto& row = all.emplace_back();
      for (int i = 0; i < columns; ++i) row.push_back(asked.text(i));
    }
    return all;
  }

  const std::string folder_ = testing::TempDir() + "tandem_result_files_" + std::to_string(getpid());
  const std::string kept_ = source_dir() + "/tests/scenarios/results/";
};

TEST_F(result_files, say_again_what_the_run_printed_at_every_level) {
  for (const auto& level : virtual_levels())
    for (const auto& text : {varied, varied.substr(0, varied.find("expectations"))}) {
      const auto r = run_on(parse_scenario(text, "varied.yaml"), level);
      const auto path = write_sqlite(r, folder_, older_result::replace);
      const auto again = result_file(path).summary();
      EXPECT_EQ(to_table({&again, 1}), to_table({&r, 1})) << level;
      EXPECT_EQ(to_json({&again, 1}), to_json({&r, 1})) << level;
      EXPECT_EQ(again.parameters, r.parameters);
      EXPECT_THAT(again.parameters,
                  ElementsAre(Pair("limit", "2"), Pair("often", "50ms"), Pair("twice", "4")));
      EXPECT_EQ(again.version, r.version);
      EXPECT_EQ(again.engine, level == "packet" ? r.engine : "");
      EXPECT_EQ(again.engine.starts_with("ns-3."), level == "packet");
      EXPECT_EQ(again.scenario_text, text);
      EXPECT_EQ(again.scenario_flat, r.scenario_flat);
      EXPECT_EQ(again.sets, r.sets);
      EXPECT_EQ(again.scenario_hash, r.scenario_hash);
      EXPECT_EQ(again.reached, r.reached);
      const auto events = result_file(path).events();
      EXPECT_EQ(events.time_ns, r.event_rows.time_ns);
      EXPECT_EQ(events.kind, r.event_rows.kind);
      EXPECT_EQ(events.why, r.event_rows.why);
      EXPECT_EQ(events.way, r.event_rows.way);
      EXPECT_EQ(events.peer, r.event_rows.peer);
      EXPECT_EQ(events.limit, r.event_rows.limit);
      EXPECT_EQ(events.until_ns, r.event_rows.until_ns);
    }
}

TEST_F(result_files, of_runs_that_were_stopped_or_had_a_large_seed_say_so) {
  run_options options;
  options.seed = 18'446'744'073'709'551'615ULL;
  options.stop = [] { return true; };
  const auto r = run_on(parse_scenario(varied, "varied.yaml", {"seed=7"}), "message", options);
  const auto again = result_file(written(r)).summary();
  EXPECT_TRUE(again.stopped);
  EXPECT_EQ(again.seed, *options.seed);
  EXPECT_THAT(again.sets, ElementsAre("seed=7"));
  EXPECT_EQ(to_json({&again, 1}), to_json({&r, 1}));
}

TEST_F(result_files, have_views_in_seconds_with_names) {
  const auto r = run_on(parse_scenario(varied, "varied.yaml"), "message");
  const auto path = written(r);
  EXPECT_THAT(rows(path,
                   "SELECT time_s, node_name, peer_name, current_value, limit_value FROM events "
                   "WHERE cause = 'LimitReached' AND group_name = 'server' AND "
                   "kind = 'inbound_refused' ORDER BY time_s LIMIT 1",
                   5),
              ElementsAre(ElementsAre("0.105", "server.0", "dialers.2", "2", "2")));
  EXPECT_THAT(
      rows(path,
           "SELECT time_s, value FROM samples WHERE group_name = 'server' AND node_name IS "
           "NULL AND metric = 'icn_p2p_active_connections' AND time_s <= 1",
           2),
      ElementsAre(ElementsAre("0.0", "0"), ElementsAre("0.5", "2"), ElementsAre("1.0", "2")));
  EXPECT_EQ(rows(path, "SELECT 1 FROM samples", 0).size(),
            r.samples.size() * r.samples.names.size());
  EXPECT_EQ(rows(path, "SELECT 1 FROM events", 0).size(), r.event_rows.size());
  EXPECT_EQ(rows(path, "SELECT 1 FROM series", 0).size(), r.series.size());
}

TEST_F(result_files, have_syns_attempts_and_refusals_by_cause_as_series) {
  const auto path = written(run_on(parse_scenario(varied, "varied.yaml"), "message"));
  const auto last = [&](const std::string& metric, const std::string& where) {
    const auto sql = "SELECT value FROM series WHERE metric = '" + metric + "' AND " + where +
                     " ORDER BY time_s DESC LIMIT 1";
    const auto found = rows(path, sql.c_str(), 1);
    return found.empty() ? std::string("none") : found.front().front();
  };
  EXPECT_EQ(last("syns", "group_name = 'dialers' AND time_s < 1"), "4");
  EXPECT_EQ(last("attempts", "group_name = 'dialers' AND time_s < 1"), "4");
  EXPECT_EQ(last("refusals.LimitReached", "group_name = 'server' AND node_name IS NULL"), "2");
  EXPECT_EQ(last("refusals.LimitReached", "node_name = 'server.0'"), "2");
  EXPECT_EQ(last("refusals.LimitReached", "group_name = 'dialers'"), "none");
  // Where they change, and not else.
  EXPECT_EQ(rows(path, "SELECT 1 FROM series WHERE metric = 'refusals.LimitReached'", 0).size(),
            2u);
  EXPECT_THAT(rows(path,
                   "SELECT DISTINCT kind FROM metrics WHERE metric IN ('syns', 'alive') "
                   "ORDER BY kind",
                   1),
              ElementsAre(ElementsAre("gauge"), ElementsAre("total")));
}

TEST_F(result_files, have_no_name_that_sql_keeps_for_itself) {
  const auto path = written(run_on(parse_scenario(varied, "varied.yaml"), "message"));
  auto names = rows(path, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')", 1);
  for (const auto& table : std::vector(names)) {
    const auto sql = "SELECT name FROM pragma_table_info('" + table.front() + "')";
    for (auto& column : rows(path, sql.c_str(), 1)) names.push_back(std::move(column));
  }
  EXPECT_GT(names.size(), 60u);
  for (const auto& name : names)
    EXPECT_EQ(sqlite3_keyword_check(name.front().data(), static_cast<int>(name.front().size())), 0)
        << name.front();
}

TEST_F(result_files, of_version_2_are_read_and_stay_as_they_are) {
  const auto path = from_sql("version_2");
  const auto before = text_of_file(path);
  const result_file file(path);
  const auto r = file.summary();
  EXPECT_EQ(to_table({&r, 1}), text_of_file(kept_ + "version_2.txt"));
  const auto json = text_of_file(kept_ + "version_2.json");
  auto now = to_json({&r, 1});
  const std::string none = "\"fingerprints\":null,";  // it had none
  ASSERT_THAT(now, HasSubstr(none));
  EXPECT_EQ(now.erase(now.find(none), none.size()), json);
  const auto events = file.events();
  EXPECT_EQ(events.size(), 13u);
  EXPECT_EQ(name_of(notice{events.kind.front()}), "dial_started");
  EXPECT_EQ(text_of_file(path), before);
  EXPECT_FALSE(std::filesystem::exists(path + "-journal"));
}

TEST_F(result_files, of_version_1_are_read) {
  const auto r = result_file(from_sql("version_1")).summary();
  EXPECT_EQ(r.scenario, "older");
  EXPECT_EQ(r.verdict, verdict::failed);
  ASSERT_EQ(r.checks.size(), 4u);
  EXPECT_EQ(r.checks[1].text, "server.active.max <= 1");
  EXPECT_EQ(r.checks[1].verdict, verdict::failed);
  EXPECT_EQ(r.checks[1].measured, "2");
  EXPECT_EQ(r.checks[2].verdict, verdict::ok);
  ASSERT_EQ(r.groups.size(), 2u);
  EXPECT_THAT(r.groups[0].refusals, UnorderedElementsAre(Pair("LimitReached", 1)));
  EXPECT_EQ(r.groups[1].first_node, 1u);
  EXPECT_EQ(r.groups[1].count, 3u);
  EXPECT_THAT(to_table({&r, 1}), HasSubstr("all held                           NO"));
}

TEST_F(result_files, that_are_none_are_told_with_the_remedy) {
  const auto refused = [&](const std::string& path) -> std::string {
    try {
      result_file file(path);
    } catch (const bad_input& e) {
      return e.what();
    }
    return "read";
  };
  const auto at = [&](const char* name) { return folder_ + "/" + name; };
  EXPECT_EQ(refused(at("none")),
            at("none") + ": no such file; name a file that `tandem run --out` wrote");
  EXPECT_FALSE(std::filesystem::exists(at("none")));
  EXPECT_THAT(refused(folder_), HasSubstr(": is a folder; name a file"));
  std::ofstream(at("empty"));
  EXPECT_THAT(refused(at("empty")), HasSubstr(": is no result; name a file"));
  std::ofstream(at("text")) << std::string(5000, 'x');
  EXPECT_THAT(refused(at("text")), HasSubstr("text: file is not a database; name a file"));
  sqlite_file(at("other")).run("CREATE TABLE run (name); PRAGMA user_version = 0");
  EXPECT_THAT(refused(at("other")), HasSubstr(": is no result"));
  sqlite_file(at("another")).run("CREATE TABLE cells (name); PRAGMA user_version = 3");
  EXPECT_THAT(refused(at("another")), HasSubstr(": is no result"));
  sqlite_file(at("later")).run("CREATE TABLE run (name); PRAGMA user_version = 99");
  EXPECT_THAT(refused(at("later")),
              HasSubstr("is of version 99 of the result file; this program reads 1 to"));
}

}  // namespace
}  // namespace tandem::scenarios
