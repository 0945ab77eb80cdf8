// SPDX-License-Identifier: MIT
#include "gate_support.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/scenarios/results.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace tandem::scenarios {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

outcome with(std::vector<std::pair<std::string, double>> numbers) {
  outcome made;
  made.numbers = std::move(numbers);
  return made;
}

TEST(samples, have_a_mean_and_a_standard_deviation) {
  const auto found = samples_of({with({{"a.x", 1}, {"a.y", 5}}), with({{"a.x", 3}, {"a.y", 5}}),
                                 with({{"a.y", 5}, {"a.z", 3}})});
  EXPECT_NEAR(found.at("a.x").mean, 4.0 / 3, 1e-5) << "who has none has 0";
  EXPECT_NEAR(found.at("a.x").deviation, std::sqrt((1.0 / 9 + 25.0 / 9 + 16.0 / 9) / 2), 1e-5);
  EXPECT_EQ(found.at("a.y").deviation, 0);
  EXPECT_EQ(found.at("a.z").mean, 1);
}

TEST(samples, that_are_of_one_distribution_are_alike) {
  const samples before{{"a.x", {100, 10}}, {"a.same", {7, 0}}};
  EXPECT_THAT(unlike(before, before), IsEmpty());
  EXPECT_THAT(unlike(before, {{"a.x", {108, 9}}, {"a.same", {7, 0}}}), IsEmpty());
}

TEST(samples, that_are_not_are_named) {
  const samples before{{"a.x", {100, 10}}, {"a.same", {7, 0}}};
  EXPECT_THAT(unlike(before, {{"a.x", {130, 10}}, {"a.same", {7, 0}}}),
              ElementsAre(HasSubstr("a.x: 100 +- 10 -> 130 +- 10 over 8 seeds")));
  EXPECT_THAT(unlike(before, {{"a.x", {100, 10}}, {"a.same", {8, 0}}}),
              ElementsAre(HasSubstr("a.same")));
  EXPECT_THAT(unlike(before, {{"a.x", {100, 10}}}), ElementsAre(HasSubstr("a.same: 7 +- 0 -> 0")));
}

difference moved(std::vector<layer_difference> layers) {
  difference made;
  made.layers = std::move(layers);
  return made;
}

TEST(draws, are_all_that_moved_when_nothing_moved_before_them) {
  EXPECT_TRUE(only_draws_moved(moved({{"timers", 3}, {"random", 2}})));
  EXPECT_TRUE(only_draws_moved(moved({{"random", 0}})));
  EXPECT_FALSE(only_draws_moved(moved({{"admission", 1}, {"random", 2}})));
  EXPECT_FALSE(only_draws_moved(moved({{"admission", 1}})));
}

class drawing : public gate_folder {
 protected:
  // Everybody is lost and comes back with a backoff of his own.
  std::string jittery(const std::string& manager, const std::string& more = "") const {
    return "scenario: jittery\nlevels: [message]\nduration: 200s\ngroups:\n"
           "  server: {listen: true" +
           more + "}\n  clients: {count: 8, manager: {" + manager +
           "}}\nworkload:\n  - keep_connected: {from: clients, to: server}\n"
           "faults:\n  - partition: {groups: [server], at: 20s, until: 100s}\n";
  }
};

TEST_F(drawing, a_policy_that_waits_longer_is_told_though_draws_moved_too) {
  write("jittery", jittery("backoff_base: 1s"));
  accept_all();
  EXPECT_EQ(run()[0].status, gate_status::ok);
  write("jittery", jittery("backoff_base: 5s"));
  EXPECT_EQ(run()[0].status, gate_status::changed);
}

TEST_F(drawing, another_seed_is_not_taken_for_the_same) {
  write("jittery", jittery("backoff_base: 1s"));
  accept_all();
  write("jittery", jittery("backoff_base: 1s") + "seed: 2\n");
  const auto results = run();
  EXPECT_EQ(results[0].status, gate_status::changed);
  EXPECT_THAT(results[0].changes, testing::StartsWith("the baseline is of seed 1\n"));
}

TEST_F(drawing, numbers_drawn_otherwise_but_alike_are_no_change) {
  const auto path = write("jittery", jittery("backoff_base: 1s"));
  accept_all();
  const auto file = baseline_file_of(path);
  // As if the version before had drawn from another generator: every layer that draws decide is
  // another, and the numbers of this one seed with them.
  auto all = read_baselines(file);
  for (auto& [layer, print] : all.at("message").layers)
    if (layer == "random" || layer == "timers" || layer == "backoff") print[0] ^= 1;
  ASSERT_FALSE(all.at("message").spread->empty());
  auto& [drawn, spread] = *all.at("message").spread->begin();
  for (auto& [name, value] : all.at("message").numbers)
    if (name == drawn) value += 1;
  write_baselines(file, "jittery", all);
  const auto alike = run();
  EXPECT_EQ(alike[0].status, gate_status::ok) << gate_table(alike);
  EXPECT_THAT(alike[0].changes, testing::StartsWith("random draws moved; over 8 seeds each"));
  // The same where the other version's runs were of another kind.
  spread.mean *= 100;
  write_baselines(file, "jittery", all);
  EXPECT_EQ(run()[0].status, gate_status::changed);
}

TEST_F(gate_folder, a_review_asks_what_to_keep_and_forgets_levels_that_are_gone) {
  write("crowded", crowded());
  accept_all();
  const auto file = folder + "/baselines/crowded.yaml";
  const auto before = text_of(file);
  auto only_message = crowded("4");
  only_message.replace(only_message.find("[message, stream]"), 17, "[message]");
  write("crowded", only_message);
  options.for_review = true;
  const auto results = run();
  EXPECT_EQ(review(results, [](const gate_result&) { return answer::keep; }), 0u);
  EXPECT_EQ(text_of(file), before);
  EXPECT_EQ(review(results, [](const gate_result&) { return answer::quit; }), 0u);
  EXPECT_EQ(review(results, [](const gate_result&) { return answer::accept; }), 1u);
  const auto after = read_baselines(file);
  EXPECT_EQ(after.size(), 1u);
  EXPECT_TRUE(after.contains("message"));
}

TEST_F(gate_folder, a_review_does_not_keep_what_failed) {
  write("crowded", crowded() + "  - dialers.active == 4\n");
  options.for_review = true;
  EXPECT_EQ(review(run(), [](const gate_result&) { return answer::accept; }), 0u);
}

TEST_F(gate_folder, results_of_another_version_stand_for_baselines) {
  const auto path = write("crowded", crowded());
  const auto results = folder + "/results";
  options.against = {gate_reference::kind::results, results};
  std::filesystem::create_directories(results);
  EXPECT_EQ(run("message")[0].status, gate_status::missing);
  write_sqlite(run_on(read_scenario(path), "message"), results);
  EXPECT_EQ(run("message")[0].status, gate_status::ok);
  write("crowded", crowded("4"));
  const auto changed = run("message");
  EXPECT_EQ(changed[0].status, gate_status::changed);
  EXPECT_THAT(changed[0].changes, HasSubstr("first difference, after "));
  EXPECT_THAT(changed[0].changes,
              HasSubstr("A     4005ms  server.0: refused dialers.3: LimitReached (3 of 3)"));
}

}  // namespace
}  // namespace tandem::scenarios
