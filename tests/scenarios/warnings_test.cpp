// SPDX-License-Identifier: MIT
// What is allowed and probably not meant.
#include "work_support.hpp"

namespace tandem::scenarios {
namespace {

using texts = std::vector<std::string>;

TEST(warning, tells_of_a_hold_that_is_longer_than_a_connection_may_be_idle) {
  const std::string head =
      "scenario: s\nduration: 100s\ngroups: {s: {listen: true}, c: {manager: "
      "passive}}\nworkload:\n";
  const auto warnings_of = [&](const std::string& hold) {
    return parse_scenario(head + "  - dial: {from: c, to: s, hold: " + hold + "}\n", "f.yaml")
        .warnings;
  };
  EXPECT_TRUE(warnings_of("30s").empty());
  EXPECT_TRUE(warnings_of("{exponential: 6s}").empty());
  ASSERT_EQ(warnings_of("{exponential: 7s}").size(), 1u);
  EXPECT_EQ(warnings_of("31s"),
            std::vector<std::string>{
                "f.yaml:5:34: `workload.0.dial.hold` can be longer than the 30s of "
                "connection_timeout of group `s`, which closes what is idle before it is over; "
                "`manager: {passive: true}` or a longer connection_timeout keeps it"});
}

TEST(warning, tells_of_dials_that_share_what_one_of_them_ends) {
  const auto r =
      run_of(crowd("  - dial: {from: clients, to: server, arrivals: {every: 1s}, count: "
                   "5, hold: 10s}\n",
                   1));
  ASSERT_EQ(r.warnings.size(), 1u);
  EXPECT_TRUE(r.warnings[0].starts_with("f.yaml:8:11: 4 of its dials joined a connection"))
      << r.warnings[0];
  EXPECT_TRUE(run_of(crowd("  - dial: {from: clients, to: server, arrivals: {every: 1s}, count: 5, "
                           "hold: 10s, mode: additional}\n",
                           1))
                  .warnings.empty());
}

TEST(warning, tells_of_moments_that_never_come) {
  const auto warnings_of = [](const std::string& line, const std::string& faults = {}) {
    return parse_scenario(
               "scenario: s\nduration: 100s\ngroups: {s: {listen: true}, c: {}}\n"
               "workload:\n  - keep_connected: {from: c, to: s}\n" +
                   (faults.empty() ? "" : "faults:\n" + faults) + "expectations:\n  - " + line +
                   "\n",
               "f.yaml")
        .warnings;
  };
  const std::string eventually = "eventually within 20s";
  EXPECT_EQ(warnings_of(eventually),
            texts{"f.yaml:7:5: `eventually within 20s` is never put to the test: `heal` never "
                  "comes, since the file has no faults"});
  for (const auto* line :
       {"s.active reaches 1 within 5s of heal", "s.active == 1 from heal", "s.active == 1 at heal",
        "s.closed == 0 between heal and heal + 3s", "s.active until heal + 1s == s.active at 9s"})
    EXPECT_EQ(warnings_of(line).size(), 1U) << line;
  EXPECT_EQ(warnings_of("{expect: eventually within 2s, allow_untested: a try}"), texts{});

  const auto cut = [&](const std::string& when, const std::string& line) {
    return warnings_of(line, "  - partition: {groups: [s], name: cut" + when + "}\n");
  };
  EXPECT_EQ(cut("", eventually),
            texts{"f.yaml:9:5: `eventually within 20s` is never put to the test: `heal` never "
                  "comes, since the fault `partition of s from 0s` lasts to the end of the run"});
  EXPECT_EQ(cut("", "s.active == 1 from cut.end").size(), 1U);
  EXPECT_EQ(cut("", "s.active == 0 from cut + 9s"), texts{}) << "it begins";
  for (const auto* ends :
       {", until: 50s", ", for: 50s", ", for: 5s, every: 10s", ", for: 5s, poisson: 1/m",
        ", at: 10s, for: {exponential: 200s}", ", at: 10s, until: 100s"})
    EXPECT_EQ(cut(ends, eventually), texts{}) << ends;
  for (const auto* lasts :
       {", at: 10s", ", at: 10s, for: 91s", ", until: 101s", ", when: s.active >= 1, for: 101s"})
    EXPECT_EQ(cut(lasts, eventually).size(), 1U) << lasts;
  EXPECT_EQ(warnings_of(eventually, "  - forget_flows: {nodes: s, at: 9s}\n"), texts{});
}

}  // namespace
}  // namespace tandem::scenarios
