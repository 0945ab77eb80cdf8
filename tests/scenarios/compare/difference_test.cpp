// SPDX-License-Identifier: MIT
#include "tandem/scenarios/compare/difference.hpp"
#include "results/sqlite_file.hpp"
#include "scenarios/run_support.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/scenarios/results.hpp"

#include <gmock/gmock.h>
#include <boost/json.hpp>

#include <filesystem>
#include <fstream>

namespace tandem::scenarios {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string text = R"(scenario: crowded
duration: 8s
groups:
  server:  {listen: true, manager: {max_connections: 3}}
  dialers: {count: 5}
workload:
  - dial: {from: dialers, to: server, at: 1s, arrivals: {every: 1s}}
expectations:
  - server.active == 3
  - server.refusals.LimitReached == 2
)";

outcome outcome_with(const std::vector<std::string>& sets, const std::string& level = "message") {
  return outcome_of(run_on(parse_scenario(text, "crowded.yaml", sets), level));
}

TEST(difference, of_equal_runs_is_none) {
  for (const auto& level : virtual_levels()) {
    const auto found = compare(outcome_with({}, level), outcome_with({}, level));
    EXPECT_TRUE(found.same);
    EXPECT_EQ(in_words(found), "");
    EXPECT_EQ(found.same_layers.size(), layers_count);
  }
}

TEST(difference, says_what_happened_first_and_what_it_touched) {
  const auto a = outcome_with({});
  const auto b = outcome_with({"groups.server.manager.max_connections=4"});
  const auto found = compare(a, b);
  EXPECT_FALSE(found.same);
  ASSERT_TRUE(found.first);
  EXPECT_THAT(found.first->a, HasSubstr("server.0: refused dialers.3: LimitReached (3 of 3)"));
  EXPECT_THAT(found.first->b, HasSubstr("server.0: is connected with dialers.3"));
  EXPECT_THAT(found.first->before, HasSubstr("dialers.3"));
  // The fourth dials at 4 s, where the fifth eighth begins.
  ASSERT_FALSE(found.layers.empty());
  EXPECT_EQ(found.layers.front().name, "admission");
  EXPECT_EQ(found.layers.front().eighth, 4u);
  ASSERT_EQ(found.lines.size(), 2u);
  EXPECT_EQ(found.lines[0].text, "server.active == 3");
  EXPECT_EQ(found.lines[0].a, "ok 3");
  EXPECT_EQ(found.lines[0].b, "failed 4");
  const auto words = in_words(found);
  EXPECT_THAT(words, HasSubstr("admission differs from the fifth eighth on"));
  EXPECT_THAT(words, HasSubstr("server.refusals.LimitReached: 2 -> 1 (-1, -50 %)"));
}

TEST(difference, says_when_in_seconds_that_can_be_read) {
  const auto a = outcome_with({});
  const auto b = outcome_with({"workload.0.dial.at=1234567891ns"});
  const auto found = compare(a, b);
  ASSERT_TRUE(found.first);
  EXPECT_EQ(found.first->a, "1s  dialers.0: begins to dial server.0");
  EXPECT_EQ(found.first->b, "1.234567891s  dialers.0: begins to dial server.0");
}

TEST(difference, of_what_draws_nothing_leaves_the_other_layers_alone) {
  const auto found = compare(outcome_with({}), outcome_with({"workload.0.dial.from=dialers"}));
  EXPECT_TRUE(found.same) << "the same, said otherwise";
  const std::string talks = text + "  - dialers.active >= 0\n";
  const auto with = outcome_of(run_on(parse_scenario(talks, "crowded.yaml"), "message"));
  const auto lines = compare(outcome_with({}), with);
  EXPECT_FALSE(lines.same);
  EXPECT_FALSE(lines.first);
  EXPECT_TRUE(lines.layers.empty());
  ASSERT_EQ(lines.lines.size(), 1u);
  EXPECT_EQ(lines.lines[0].a, "");
}

TEST(difference, of_a_run_that_ends_before_the_other_is_what_the_other_does_next) {
  const auto a = outcome_with({});
  auto b = outcome_with({"duration=4500ms"});
  const auto found = compare(a, b);
  ASSERT_TRUE(found.first);
  EXPECT_EQ(found.first->row, b.events.size());
  EXPECT_EQ(found.first->b, "");
  EXPECT_THAT(in_words(found), HasSubstr("B     nothing more"));
}

class stored : public testing::Test {
 protected:
  ~stored() override { std::filesystem::remove_all(folder); }
  std::string write(const std::vector<std::string>& sets = {}) {
    return write_sqlite(run_on(parse_scenario(text, "crowded.yaml", sets), "stream"), folder);
  }
  const std::string folder = testing::TempDir() + "tandem_compare_" +
                             testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(stored, result_is_what_the_run_found) {
  const auto read = read_outcome(write());
  const auto found = compare(read, outcome_with({}, "stream"));
  EXPECT_TRUE(found.same) << in_words(found);
  EXPECT_GT(read.events.size(), 10u);
}

TEST_F(stored, result_of_a_version_before_has_no_fingerprints) {
  const auto path = write();
  {
    sqlite_file old(path);
    old.run("DELETE FROM fingerprints");
  }
  const auto found = compare(read_outcome(path), outcome_with({}, "stream"));
  EXPECT_FALSE(found.layers_known);
  EXPECT_TRUE(found.same) << in_words(found);
}

TEST_F(stored, result_that_cannot_be_read_is_named) {
  const auto refusal = [](const std::string& path) {
    try {
      read_outcome(path);
    } catch (const bad_input& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  const auto path = write();
  {
    sqlite_file newer(path);
    newer.run("PRAGMA user_version = 1000");
  }
  EXPECT_THAT(refusal(path),
              HasSubstr("is of version 1000 of the result file; this program reads 1 to"));
  std::ofstream(path) << "no database";
  EXPECT_THAT(refusal(path), testing::StartsWith(path + ": file is not a database; name a file"));
  EXPECT_THAT(refusal(folder + "/none.sqlite"), HasSubstr("none.sqlite: no such file"));
  EXPECT_THAT(refusal(folder), HasSubstr(folder));
}

TEST(difference, is_told_to_programs_too) {
  const auto a = outcome_with({}), b = outcome_with({"groups.server.manager.max_connections=4"});
  const auto told = boost::json::parse(to_json(a, b, compare(a, b))).as_object();
  EXPECT_FALSE(told.at("same").as_bool());
  EXPECT_EQ(told.at("a").at("verdict").as_string(), "ok");
  EXPECT_EQ(told.at("b").at("verdict").as_string(), "failed");
  EXPECT_EQ(told.at("layers").at("admission").as_int64(), 4);
  EXPECT_FALSE(told.at("first").at("a").as_string().empty());
}

}  // namespace
}  // namespace tandem::scenarios
