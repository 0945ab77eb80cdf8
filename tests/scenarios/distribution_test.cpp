// SPDX-License-Identifier: MIT
#include "read/read_distribution.hpp"
#include "run_support.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/scenarios/read.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace tandem::scenarios {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;

std::string with(const std::string& work) {
  return "scenario: s\nduration: 10s\ngroups: {a: {listen: true}, b: {}}\nworkload:\n  - " + work;
}

std::string keep(const std::string& pause) {
  return with("keep_connected: {from: b, to: a, pause: " + pause + "}\n");
}

duration_distribution pause_of(const std::string& text, const std::string& file = "f.yaml") {
  yaml_source source{.name = file};
  return read_duration_distribution(yaml_value(source, YAML::Load(text), "pause"), duration{1});
}

std::string error_of(const std::string& pause, const std::string& file = "f.yaml") {
  try {
    parse_scenario(keep(pause), file);
  } catch (const bad_input& e) {
    return e.what();
  }
  return "no error";
}

/// A folder with a file, gone with it.
struct beside {
  beside(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(folder);
    std::ofstream(folder / name) << text;
  }
  ~beside() { std::filesystem::remove_all(folder); }
  std::filesystem::path folder = std::filesystem::path(testing::TempDir()) /
                                 testing::UnitTest::GetInstance()->current_test_info()->name();
  std::string scenario = (folder / "f.yaml").string();
};

TEST(distribution_reader, reads_each_form) {
  using how = sim::distribution;
  constexpr std::int64_t ms = 1'000'000;
  EXPECT_EQ(pause_of("2s").nanoseconds, how::constant(2000 * ms));
  EXPECT_EQ(pause_of("{uniform: [500ms, 1500ms]}").nanoseconds, how::uniform(500 * ms, 1500 * ms));
  EXPECT_EQ(pause_of("{uniform: [2s, 2s]}").nanoseconds, how::uniform(2000 * ms, 2000 * ms));
  EXPECT_EQ(pause_of("{exponential: 2s}").nanoseconds, how::exponential(2000 * ms));
  EXPECT_EQ(pause_of("{normal: [80ms, 10ms]}").nanoseconds, how::normal(80 * ms, 10 * ms));
  EXPECT_EQ(pause_of("{lognormal: [80ms, 0.3]}").nanoseconds, how::lognormal(80 * ms, 0.3));
  EXPECT_EQ(pause_of("{pareto: [1s, 1.5]}").nanoseconds, how::pareto(1000 * ms, 1.5));
  EXPECT_EQ(pause_of("{weibull: [1m, 0.5]}").nanoseconds, how::weibull(60'000 * ms, 0.5));
  const auto quantiles = pause_of("{quantiles: {p0: 10ms, p50: 20ms, p99.9: 1s}}");
  EXPECT_EQ(quantiles.quantile(0.25), milliseconds(15));
  EXPECT_EQ(quantiles.quantile(0.5), milliseconds(20));
  EXPECT_EQ(quantiles.quantile(1), seconds(1));
  const auto values = pause_of("{values: [3s, 1s]}");
  EXPECT_EQ(values.quantile(0.5), seconds(1));
  EXPECT_EQ(values.quantile(0.51), seconds(3));
}

// A median of scale * ln(2)^(1 / shape), and a ninth decile of scale * ln(10)^(1 / shape).
TEST(distribution_reader, knows_the_sessions_of_a_measured_network) {
  const auto session = pause_of("kad_session");
  EXPECT_NEAR(std::chrono::duration<double>(session.quantile(0.5)).count(), 5605.6, 1);
  EXPECT_NEAR(std::chrono::duration<double>(session.quantile(0.9)).count(), 39472, 10);
  EXPECT_GT(pause_of("kad_first_session").quantile(0.5), session.quantile(0.5));
  EXPECT_GT(pause_of("kad_absence").quantile(0.9), session.quantile(0.9));
}

TEST(distribution_reader, reads_the_same_of_a_hold_and_the_older_form_of_a_constant) {
  const auto hash_with = [](const std::string& hold) {
    return run_on(parse_scenario(with("dial: {from: b, to: a, hold: " + hold + "}\n"), "f.yaml"),
                  "message")
        .trace_hash;
  };
  EXPECT_EQ(hash_with("{fixed: 4s}"), hash_with("4s"));
  EXPECT_NE(hash_with("{pareto: [1s, 2]}"), hash_with("4s"));
}

TEST(distribution_reader, reads_values_from_a_file_beside_the_scenario) {
  const beside file("measured.csv", "# measured in March\n1s, 2s\n\n4s\n");
  const auto values = pause_of("{values: measured.csv}", file.scenario);
  EXPECT_EQ(values.quantile(0.2), seconds(1));
  EXPECT_EQ(values.quantile(0.5), seconds(2));
  EXPECT_EQ(values.quantile(1), seconds(4));
}

TEST(distribution_reader, says_what_is_wrong_with_a_file_of_values) {
  const beside file("measured.csv", "1s\n\n2sec # not a unit\n");
  const std::string at = file.scenario + ":5:54: ";
  EXPECT_EQ(error_of("{values: measured.csv}", file.scenario),
            at + "in line 3 of measured.csv: `workload.0.keep_connected.pause.values` must be a "
                 "duration, as in 30s, 600ms or 2m, not `2sec`");
  EXPECT_THAT(error_of("{values: nothing.csv}", file.scenario),
              EndsWith("nothing.csv: cannot be read: No such file or directory"));
  std::ofstream(file.folder / "measured.csv") << "# nothing\n";
  EXPECT_EQ(error_of("{values: measured.csv}", file.scenario), at + "measured.csv has no values");
}

TEST(distribution_reader, refuses_what_is_no_distribution) {
  EXPECT_THAT(error_of("0s"), HasSubstr("pause` must be above 0, not 0s"));
  EXPECT_THAT(error_of("{uniform: [1s]}"),
              HasSubstr("pause.uniform` must be the least and the most, as in [1s, 3s]"));
  EXPECT_THAT(error_of("{uniform: [3s, 1s]}"),
              HasSubstr("pause.uniform` must give the least first, then the most"));
  EXPECT_THAT(error_of("{uniform: [0s, 1s]}"),
              HasSubstr("pause.uniform.0` must be above 0, not 0s"));
  EXPECT_THAT(error_of("{unifrom: [1s, 3s]}"), HasSubstr("did you mean `uniform`?"));
  EXPECT_THAT(error_of("{uniform: [1s, 3s], exponential: 2s}"),
              HasSubstr("must have exactly one of the keys uniform, exponential, normal"));
  EXPECT_THAT(error_of("{exponential: -2s}"), HasSubstr("must be above 0, not -2s"));
  EXPECT_THAT(error_of("[1s, 3s]"), HasSubstr("must be a duration"));
  EXPECT_THAT(error_of("{normal: 80ms}"), HasSubstr("pause.normal` must be a list"));
  EXPECT_THAT(error_of("{normal: [80ms]}"), HasSubstr("the mean and the standard deviation"));
}

}  // namespace
}  // namespace tandem::scenarios
