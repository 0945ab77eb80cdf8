// SPDX-License-Identifier: MIT
#include "tandem/scenarios/campaign/plan.hpp"
#include "scenarios/run_support.hpp"
#include "tandem/command/bad_input.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace tandem::scenarios {
namespace {

using testing::ElementsAre;
using values = std::vector<std::string>;

std::string refusal_of(const std::function<void()>& what) {
  try {
    what();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "taken";
}

TEST(axis_values, are_parted_by_commas) {
  EXPECT_THAT(read_axis_values("64,128, 256"), ElementsAre("64", "128", "256"));
  EXPECT_THAT(read_axis_values("30s"), ElementsAre("30s"));
  EXPECT_THAT(read_axis_values("{uniform: [1s, 3s]},2s"), ElementsAre("{uniform: [1s, 3s]}", "2s"));
  EXPECT_THAT(read_axis_values("peers[0..9],\"a,b\""), ElementsAre("peers[0..9]", "\"a,b\""));
}

TEST(axis_values, of_a_range_are_the_same_step_or_factor_apart_with_both_ends) {
  EXPECT_THAT(read_axis_values("10ms..600ms/log/5"),
              ElementsAre("10ms", "27.8ms", "77.5ms", "216ms", "600ms"));
  EXPECT_THAT(read_axis_values("1..9/5"), ElementsAre("1", "3", "5", "7", "9"));
  EXPECT_THAT(read_axis_values("1..9/lin/5"), ElementsAre("1", "3", "5", "7", "9"));
  EXPECT_THAT(read_axis_values("0..1/5"), ElementsAre("0", "0.25", "0.5", "0.75", "1"));
  EXPECT_THAT(read_axis_values("0%..1%/3"), ElementsAre("0", "0.005", "0.01"));
  EXPECT_THAT(read_axis_values("10/s..1000/s/log/3"), ElementsAre("10/s", "100/s", "1000/s"));
  EXPECT_THAT(read_axis_values("1Mbit/s..9Mbit/s/2"), ElementsAre("1000000bit/s", "9000000bit/s"));
  // As the language writes numbers: without exponents.
  EXPECT_THAT(read_axis_values("0..0.00001/2"), ElementsAre("0", "0.00001"));
  EXPECT_THAT(read_axis_values("5,10..20/3,99"), ElementsAre("5", "10", "15", "20", "99"));
}

TEST(axis_values, of_things_that_are_counted_stay_whole) {
  EXPECT_THAT(read_axis_values("1..8/4"), ElementsAre("1", "3", "6", "8"));
  EXPECT_THAT(read_axis_values("10..100/5"), ElementsAre("10", "33", "55", "78", "100"));
  EXPECT_THAT(read_axis_values("1..1000/log/4"), ElementsAre("1", "10", "100", "1000"));
  EXPECT_THAT(read_axis_values("64KiB..128KiB/2"), ElementsAre("65536", "131072"));
}

TEST(axis_values, that_mean_nothing_are_refused) {
  const auto told = [](const char* text) { return refusal_of([&] { read_axis_values(text); }); };
  EXPECT_THAT(told("1,,2"), testing::HasSubstr("a value is missing in `1,,2`"));
  EXPECT_THAT(told("1,2,1"), testing::HasSubstr("the value `1` is given twice"));
  EXPECT_THAT(told("10ms..600ms"), testing::HasSubstr("a range is written FROM..TO/COUNT"));
  EXPECT_THAT(told("10ms..5/3"), testing::HasSubstr("must measure the same thing"));
  EXPECT_THAT(told("9..1/3"), testing::HasSubstr("must rise"));
  EXPECT_THAT(told("0..1/log/3"), testing::HasSubstr("leave `log` out"));
  EXPECT_THAT(told("0..1/1"), testing::HasSubstr("2 to 10000 values, not `1`"));
  EXPECT_THAT(told("0..1/20000"), testing::HasSubstr("2 to 10000 values"));
  EXPECT_THAT(told("0..1/exp/3"), testing::HasSubstr("a range is written"));
}

TEST(seed_counts, are_a_number_or_a_width_to_reach) {
  EXPECT_EQ(read_seed_count("20").most, 20u);
  EXPECT_FALSE(read_seed_count("20").until());
  const auto until = read_seed_count("until 5% of server.refused / users.dials");
  EXPECT_TRUE(until.until());
  EXPECT_TRUE(until.relative);
  EXPECT_DOUBLE_EQ(until.width, 0.05);
  EXPECT_EQ(until.number, "server.refused / users.dials");
  EXPECT_DOUBLE_EQ(read_seed_count("until 10ms of a.dial_time.p99").width, 0.01);
  for (const char* bad : {"0", "-1", "x", "until", "until 5% server", "until 0 of a.b"})
    EXPECT_NE(refusal_of([&] { read_seed_count(bad); }), "taken") << bad;
}

/// A folder with one scenario in it.
class planning : public testing::Test {
 protected:
  planning() { std::filesystem::create_directories(folder_); }
  ~planning() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& more, const std::string& name = "s.yaml") const {
    const auto path = folder_ / name;
    std::ofstream(path) << "scenario: s\nparameters: {limit: 8, peers: 10}\nduration: 3s\n"
                           "levels: [message, stream]\ngroups:\n"
                           "  server: {listen: true, manager: {max_connections: \"${limit}\"}}\n"
                           "  dialers: {count: \"${peers}\"}\n"
                        << more;
    return path.string();
  }
  campaign_plan plan(const std::string& file, const values& vary, const sweep_spec& more = {},
                     const values& also = {}) const {
    campaign_request of{file, {}, more, {}, {}};
    for (const auto& text : also) of.also.push_back({text, "--measure"});
    for (const auto& text : vary) {
      const auto path = text.substr(0, text.find('='));
      axis one{path, {}, "--vary " + path};
      for (const auto& value : read_axis_values(text.substr(text.find('=') + 1)))
        one.values.push_back({value, "--vary"});
      of.flags.axes.push_back(one);
    }
    return make_plan(of, test_levels());
  }
  static std::vector<values> values_of(const campaign_plan& plan) {
    std::vector<values> all;
    for (const auto& one : plan.settings) all.push_back(one.values);
    return all;
  }

  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("tandem-plan-" + std::to_string(getpid()));
};

TEST_F(planning, goes_through_every_combination_the_last_axis_first) {
  const auto of = plan(write(""), {"parameters.limit=4,8", "parameters.peers=1..3/3"});
  EXPECT_THAT(values_of(of), ElementsAre(values{"4", "1"}, values{"4", "2"}, values{"4", "3"},
                                         values{"8", "1"}, values{"8", "2"}, values{"8", "3"}));
  EXPECT_THAT(of.levels, ElementsAre("message"));
  EXPECT_THAT(of.sets_of(of.settings[1]), ElementsAre("parameters.limit=4", "parameters.peers=2"));
  EXPECT_EQ(of.settings[1].nodes, 3u);
  EXPECT_EQ(of.settings[1].length, std::chrono::seconds(3));
}

TEST_F(planning, takes_zipped_values_together) {
  sweep_spec more;
  more.zips = {{{"parameters.limit", "z"}, {"parameters.peers", "z"}}};
  const auto of =
      plan(write(""), {"parameters.limit=4,8", "duration=1s,2s", "parameters.peers=40,80"}, more);
  EXPECT_THAT(values_of(of), ElementsAre(values{"4", "1s", "40"}, values{"4", "2s", "40"},
                                         values{"8", "1s", "80"}, values{"8", "2s", "80"}));
  EXPECT_EQ(
      refusal_of([&] {
        plan(write(""), {"parameters.limit=4,8", "parameters.peers=1"}, more);
      }),
      "z: `parameters.peers` has 1 value and `parameters.limit` has 2; values that are zipped "
      "must be as many");
  EXPECT_EQ(refusal_of([&] {
              plan(write(""), {"parameters.limit=4", "parameters.perrs=1"}, more);
            }),
            "z: `parameters.peers` is zipped but not varied; did you mean `parameters.perrs`?");
}

TEST_F(planning, leaves_out_what_a_condition_excludes) {
  sweep_spec more;
  more.conditions = {{"limit <= 2 * peers", "w"}, {"parameters.peers != 3", "w"}};
  const auto of = plan(write(""), {"parameters.limit=4,8", "parameters.peers=2,3,4"}, more);
  EXPECT_THAT(values_of(of), ElementsAre(values{"4", "2"}, values{"4", "4"}, values{"8", "4"}));
  const auto told = [&](const char* condition) {
    sweep_spec bad;
    bad.conditions = {{condition, "w"}};
    return refusal_of([&] { plan(write(""), {"parameters.limit=4,8", "duration=1s"}, bad); });
  };
  EXPECT_THAT(told("limt < 5"),
              testing::StartsWith("w: no axis is called `limt`; did you mean `limit`?"));
  EXPECT_THAT(told("limit < duration"),
              testing::HasSubstr("both sides must measure the same thing"));
  EXPECT_THAT(told("limit"), testing::HasSubstr("a condition compares two values"));
  EXPECT_THAT(told("limit > 9"), testing::HasSubstr("no combination of values is left"));
}

TEST_F(planning, names_the_value_that_is_wrong_before_anything_runs) {
  const auto file = write("");
  EXPECT_EQ(refusal_of([&] {
              plan(file, {"parameters.limit=4,0", "parameters.peers=1,2"});
            }),
            "--vary: parameters.limit=0: " + file +
                ":6:53: `max_connections` must be between 1 and 10000000, not `0`");
  EXPECT_THAT(refusal_of([&] { plan(file, {"groups.server.manager.max_conections=4,5"}); }),
              testing::AllOf(testing::HasSubstr("max_conections=4: unknown"),
                             testing::HasSubstr("did you mean `max_connections`?")));
  EXPECT_EQ(refusal_of([&] { plan(file, {"groups.srver.count=4"}); }),
            "--vary: groups.srver.count=4: no group is called `srver`; did you mean `server`?");
  EXPECT_EQ(refusal_of([&] { plan(file, {"parameters.limits=4"}); }),
            "--vary: parameters.limits=4: no parameter is called `limits`; did you mean `limit`?");
}

TEST_F(planning, has_no_axis_of_seeds_which_each_setting_has) {
  EXPECT_THAT(refusal_of([&] { plan(write(""), {"seed=1,2"}); }),
              testing::StartsWith("--vary: `seed` is no axis: "));
  EXPECT_THAT(refusal_of([&] { plan(write("sweep: {vary: {seed: [1, 2]}}\n"), {}); }),
              testing::HasSubstr(":8:23: `seed` is no axis: "));
}

TEST_F(planning, of_two_values_that_give_the_same_scenario_is_refused) {
  EXPECT_EQ(refusal_of([&] {
              plan(write(""), {"parameters.limit=4,'4'", "parameters.peers=1,2"});
            }),
            "--vary: parameters.limit='4': gives the same scenario as `4`; leave one of them out");
  EXPECT_EQ(refusal_of([&] { plan(write(""), {"sweep.seeds=1,2"}); }),
            "--vary: sweep.seeds=2: gives the same scenario as `1`; leave one of them out");
}

TEST_F(planning, of_a_value_that_no_level_can_honour_is_refused) {
  sweep_spec more;
  more.levels = {"message", "loopback"};
  EXPECT_THAT(refusal_of([&] { plan(write(""), {"links.default.latency=10ms"}, more); }),
              testing::AllOf(testing::StartsWith("--vary: links.default.latency=10ms: "),
                             testing::HasSubstr("level loopback cannot honour")));
}

TEST_F(planning, reads_the_axes_of_the_file_and_puts_flags_over_them) {
  const auto file = write(
      "sweep:\n  vary:\n    parameters.limit: [4, 8]\n    parameters.peers: 2..6/3\n"
      "    workload: [[], [dial: {from: dialers, to: server}]]\n"
      "  where: limit <= 2 * peers\n  seeds: 3\n  level: [message, stream]\n");
  const auto of = plan(file, {"parameters.limit=4"});
  EXPECT_EQ(of.settings.size(), 6u);
  EXPECT_EQ(of.seeds.least, 3u);
  EXPECT_THAT(of.levels, ElementsAre("message", "stream"));
  EXPECT_EQ(of.cells(), 36u);
  EXPECT_EQ(of.axes[2].values[1].text, "[{dial: {from: dialers, to: server}}]");
  EXPECT_EQ(of.axes[1].values[0].where, file + ":11:23");
}

TEST_F(planning, gives_keys_that_differ_in_whatever_decides_a_result_and_in_nothing_else) {
  const auto file = write("expectations: [server.active <= 8]\n");
  const auto of = plan(file, {"parameters.limit=4,8", "parameters.peers=2,3"});
  std::set<std::string> keys;
  for (std::size_t s = 0; s < of.settings.size(); ++s)
    for (std::uint64_t n = 0; n < 3; ++n) keys.insert(of.cell_of(s, 0, n).key);
  EXPECT_EQ(keys.size(), 12u);
  // More values, a comment, a description of the sweep: the same runs.
  const auto more =
      plan(write("# why\nexpectations: [server.active <= 8]\nsweep: {seeds: 9}\n", "other.yaml"),
           {"parameters.limit=2,4,8", "parameters.peers=2,3"});
  EXPECT_EQ(more.cell_of(2, 0, 1).key, of.cell_of(0, 0, 1).key);
  const auto changed = plan(write("expectations: [server.active <= 9]\n"),
                            {"parameters.limit=4,8", "parameters.peers=2,3"});
  EXPECT_FALSE(keys.contains(changed.cell_of(0, 0, 0).key));
  const auto also =
      plan(file, {"parameters.limit=4,8", "parameters.peers=2,3"}, {}, {"server.active >= 0"});
  EXPECT_NE(also.cell_of(0, 0, 0).key, changed.cell_of(0, 0, 0).key);
}

TEST_F(planning, gives_other_keys_when_a_table_changes) {
  const auto file =
      write("workload:\n  - dial: {from: dialers, to: server, arrivals: {trace: t.csv}}\n");
  std::ofstream(folder_ / "t.csv") << "1s\n";
  const auto before = plan(file, {}).cell_of(0, 0, 0).key;
  std::ofstream(folder_ / "t.csv") << "2s\n";
  EXPECT_NE(plan(file, {}).cell_of(0, 0, 0).key, before);
}

TEST_F(planning, refuses_lines_that_nobody_can_measure) {
  const auto told = [&](const char* number, const values& vary, const sweep_spec& more = {}) {
    return refusal_of([&] { plan(write(""), vary, more, {number}); });
  };
  EXPECT_THAT(told("server.actve >= 0", {}),
              testing::StartsWith("--measure: `server.actve >= 0`, column 1: "));
  EXPECT_THAT(told("server.actve", {"parameters.limit=4,8", "parameters.peers=2,3"}),
              testing::AllOf(testing::StartsWith("--measure: `server.actve`, column 1: "),
                             testing::Not(testing::HasSubstr("\n"))))
      << "once, and no value is to blame";
  EXPECT_THAT(told("server.active.max +", {}),
              testing::EndsWith("`server.active.max +`, column 20: a value is missing at the end"));
  sweep_spec until;
  until.seeds = read_seed_count("until 5% of server.actve");
  EXPECT_THAT(told("server.active", {"parameters.limit=4,8"}, until),
              testing::StartsWith("seeds: `server.actve`, column 1: "));
  EXPECT_THAT(told("server.queue_drops", {"parameters.limit=4,8"}),
              testing::StartsWith("--measure: `server.queue_drops`: level message does not know "));
}

TEST_F(planning, writes_the_same_plan_as_the_same_bytes) {
  const auto file = write("");
  EXPECT_EQ(plan_json(plan(file, {"parameters.limit=4,8"})),
            plan_json(plan(file, {"parameters.limit=4,8"})));
}

}  // namespace
}  // namespace tandem::scenarios
