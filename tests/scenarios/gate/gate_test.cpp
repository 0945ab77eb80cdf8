// SPDX-License-Identifier: MIT
#include "gate_support.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/scenarios/gate/prove.hpp"

#include <gmock/gmock.h>
#include <boost/json.hpp>
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>

namespace tandem::scenarios {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using gate = gate_folder;

std::vector<gate_status> statuses(const std::vector<gate_result>& results) {
  std::vector<gate_status> out;
  for (const auto& each : results) out.push_back(each.status);
  return out;
}

TEST_F(gate, a_missing_baseline_fails_until_somebody_accepts_one) {
  write("crowded", crowded());
  const auto before = run();
  EXPECT_THAT(statuses(before), ElementsAre(gate_status::missing, gate_status::missing));
  EXPECT_EQ(exit_code_of(before), 1);
  EXPECT_FALSE(std::filesystem::exists(folder + "/baselines")) << "a run never writes";
  accept_all();
  const auto after = run();
  EXPECT_THAT(statuses(after), ElementsAre(gate_status::ok, gate_status::ok)) << gate_table(after);
  EXPECT_EQ(exit_code_of(after), 0);
}

TEST_F(gate, what_is_accepted_again_is_the_same_file) {
  write("crowded", crowded());
  accept_all();
  const auto once = text_of(folder + "/baselines/crowded.yaml");
  std::filesystem::remove_all(folder + "/baselines");
  accept_all();
  EXPECT_EQ(text_of(folder + "/baselines/crowded.yaml"), once);
  EXPECT_LT(std::ranges::count(once, '\n'), 60) << "short enough to review\n" << once;
}

TEST_F(gate, a_change_is_told_in_words_though_every_line_holds) {
  write("crowded", crowded());
  accept_all();
  write("crowded", crowded("4"));
  const auto results = run();
  EXPECT_THAT(statuses(results), ElementsAre(gate_status::changed, gate_status::changed));
  EXPECT_THAT(results.front().complaints.front().text, HasSubstr("admission"));
  EXPECT_THAT(results.front().complaints.front().text, HasSubstr("13 numbers moved"));
  EXPECT_THAT(results.front().changes, HasSubstr("server.refusals.LimitReached: 2 +- 0 -> 1 +- 0"));
  EXPECT_THAT(results.front().changes,
              HasSubstr("it begins between 4s and 5s; now the first events there are\n4"))
      << results.front().changes;
  EXPECT_EQ(text_of(folder + "/baselines/crowded.yaml").find("LimitReached: 1"), std::string::npos);
}

/// Message, whose seed is another one in each world that is made while `flaky`.
level restless(const bool& flaky) {
  auto made = level_named(test_levels(), "message");
  const auto make = made.make_world;
  made.make_world = [make, &flaky, worlds = std::uint64_t{1}](world_options options) mutable {
    if (flaky) options.seed += worlds++;
    return make(options);
  };
  return made;
}

TEST_F(gate, a_level_that_differs_from_itself_is_an_error_of_its_own) {
  const bool flaky = true;
  options.levels = {restless(flaky)};
  write("crowded", crowded());
  for (const auto kind : {gate_reference::kind::nothing, gate_reference::kind::baselines}) {
    options.against.what = kind;
    const auto results = run("message");
    EXPECT_THAT(statuses(results), ElementsAre(gate_status::flaky)) << gate_table(results);
    EXPECT_EQ(exit_code_of(results), 1);
    const auto& first = results.front().complaints.front().text;
    EXPECT_THAT(first, testing::MatchesRegex("flaky: run twice with seed 1, its traces are "
                                             "[0-9a-f]+ and [0-9a-f]+"));
    EXPECT_THAT(results.front().changes, HasSubstr("first difference, after"));
  }
  EXPECT_THAT(statuses([&] {
                options.once = true;
                options.against.what = gate_reference::kind::nothing;
                return run("message");
              }()),
              ElementsAre(gate_status::ok))
      << "run once, nobody can know";
}

TEST_F(gate, a_flaky_result_is_no_baseline) {
  const bool flaky = true;
  options.levels = {restless(flaky)};
  write("crowded", crowded());
  options.for_review = true;
  EXPECT_EQ(review(run("message"), [](const gate_result&) { return answer::accept; }), 0u);
  EXPECT_FALSE(std::filesystem::exists(folder + "/baselines"));
}

TEST_F(gate, a_mistake_that_makes_it_flaky_is_told_as_that) {
  bool flaky = false;
  options.levels = {restless(flaky)};
  write("crowded", crowded());
  const auto proofs =
      prove(plan_cases(scenarios_in(folder), options.levels), options,
            {{"none", "restless", "harmless"}, [&](std::size_t which) { flaky = which == 1; }});
  ASSERT_EQ(proofs.size(), 2u);
  EXPECT_EQ(proofs[0].by, proof::how::flaky) << proof_table(proofs);
  EXPECT_EQ(proofs[1].by, proof::how::nothing);
}

TEST_F(gate, a_broken_expectation_is_told_with_its_line) {
  const auto path = write("crowded", crowded() + "  - dialers.active == 4\n");
  options.against.what = gate_reference::kind::nothing;
  const auto results = run("message");
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].status, gate_status::failed);
  ASSERT_EQ(results[0].complaints.size(), 1u);
  EXPECT_EQ(results[0].complaints[0].line, 12u);
  EXPECT_THAT(gate_annotations(results),
              HasSubstr("::error file=" + path +
                        ",line=12,title=crowded at message::failed: dialers.active == 4"));
}

TEST_F(gate, what_was_not_tried_has_an_exit_code_of_its_own) {
  write("quiet",
        "scenario: quiet\nlevels: [message]\nduration: 2s\n"
        "groups: {server: {listen: true}, peers: {count: 3}}\n"
        "workload: [dial: {from: peers, to: server, at: 1s}]\n"
        "expectations: [server.refusals.LimitReached == 0]\n");
  options.against.what = gate_reference::kind::nothing;
  const auto results = run("message");
  EXPECT_THAT(statuses(results), ElementsAre(gate_status::untested));
  EXPECT_EQ(exit_code_of(results), 3);
}

TEST_F(gate, a_level_that_no_scenario_declares_is_no_pass) {
  write("crowded", crowded());
  try {
    run("loopback");
    FAIL() << "ran";
  } catch (const bad_input& e) {
    EXPECT_STREQ(e.what(),
                 "--level loopback: none of these scenarios is for it: nothing would be run");
  }
}

TEST_F(gate, a_budget_that_is_over_has_an_exit_code_of_its_own) {
  write("crowded", crowded());
  options.against.what = gate_reference::kind::nothing;
  options.budget = std::chrono::duration<double>(0);
  const auto results = run();
  EXPECT_THAT(statuses(results), ElementsAre(gate_status::not_run, gate_status::not_run));
  EXPECT_EQ(exit_code_of(results), 4);
}

TEST_F(gate, who_stops_it_has_what_was_found_so_far) {
  write("crowded", crowded());
  options.against.what = gate_reference::kind::nothing;
  options.jobs = 1;
  std::size_t done = 0;
  options.on_result = [&](const gate_result&) { ++done; };
  options.stop = [&] { return done > 0; };
  const auto results = run();
  EXPECT_EQ(done, 1u);
  EXPECT_EQ(std::ranges::count(statuses(results), gate_status::ok), 1);
  EXPECT_EQ(std::ranges::count(statuses(results), gate_status::not_run), 1);
}

TEST_F(gate, every_mistake_in_every_file_is_told_before_anything_runs) {
  write("a", "scenario: a\nduration: 1s\ngroups: {x: {lsten: true}}\n");
  write("b", crowded() + "  - nobody.active == 1\n");
  try {
    run();
    FAIL();
  } catch (const bad_inputs& e) {
    ASSERT_EQ(e.lines().size(), 2u);
    EXPECT_THAT(e.lines()[0], HasSubstr("a.yaml:3"));
    EXPECT_THAT(e.lines()[1], HasSubstr("b.yaml:12"));
  }
  write("a", crowded());
  write("b", crowded());
  EXPECT_THROW(run(), bad_inputs) << "two scenarios of one name";
}

TEST_F(gate, shards_are_all_of_it_once) {
  write("crowded", crowded());
  const auto all = plan_cases(scenarios_in(folder), options.levels);
  std::vector<std::string> ids;
  for (std::size_t part = 1; part <= 3; ++part)
    for (const auto& each : shard_of(all, part, 3)) ids.push_back(each.id());
  EXPECT_THAT(ids, testing::UnorderedElementsAre("crowded at message", "crowded at stream"));
}

TEST_F(gate, reports_say_the_same_to_programs) {
  write("crowded", crowded() + "  - dialers.active == 4\n");
  write("fine", "scenario: fine\nlevels: [message]\nduration: 1s\ngroups: {a: {}}\n");
  options.against.what = gate_reference::kind::nothing;
  const auto results = run("message");
  const auto told = boost::json::parse(gate_json(results)).as_array();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].at("status").as_string(), "failed");
  EXPECT_EQ(told[0].at("complaints").at(0).at("line").as_int64(), 12);

  std::istringstream xml(gate_junit(results));
  boost::property_tree::ptree tree;
  read_xml(xml, tree);
  const auto& suite = tree.get_child("testsuites.testsuite");
  EXPECT_EQ(suite.get<int>("<xmlattr>.tests"), 2);
  EXPECT_EQ(suite.get<int>("<xmlattr>.failures"), 1);
  EXPECT_EQ(suite.count("testcase"), 2u);
  EXPECT_THAT(suite.get<std::string>("testcase.failure.<xmlattr>.message"),
              HasSubstr("dialers.active == 4"));
  EXPECT_THAT(gate_markdown(results), HasSubstr("| crowded | message | failed | failed: "));
  EXPECT_THAT(gate_markdown(results), testing::StartsWith("## tandem ci: 1 ok, 1 failed"));
}

TEST_F(gate, a_baseline_that_cannot_be_read_is_told_with_its_place) {
  write("crowded", crowded());
  accept_all();
  std::ofstream(folder + "/baselines/crowded.yaml") << "message:\n  seed: [\n";
  const auto results = run("message");
  EXPECT_EQ(results[0].status, gate_status::broken);
  EXPECT_THAT(results[0].complaints[0].text, HasSubstr("baselines/crowded.yaml:3"));
}

}  // namespace
}  // namespace tandem::scenarios
