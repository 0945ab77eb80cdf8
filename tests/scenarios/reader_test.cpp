// SPDX-License-Identifier: MIT
#include "run/fault/fault.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/scenarios/read.hpp"

#include <gmock/gmock.h>

namespace tandem::scenarios {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

const std::string good = R"(scenario: small
duration: 10s
groups:
  server: {count: 1, listen: true}
  dialers:
    count: 4
    manager:
      backoff_base: 500ms
)";

std::string error_of(const std::string& text, const std::vector<std::string>& sets = {}) {
  try {
    parse_scenario(text, "f.yaml", sets);
  } catch (const bad_input& e) {
    EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos) << "one line";
    return e.what();
  }
  return "no error";
}

TEST(reader, refuses_what_would_not_fit_into_memory) {
  const auto with = [](const std::string& more) { return error_of(good + more); };
  EXPECT_THAT(
      with("sample_every: 1us\n"),
      HasSubstr("f.yaml:9:15: `sample_every` of 1us over 10s gives more than 2000000 rows"));
  EXPECT_EQ(with("sample_every: 1ms\n"), "no error");
  const std::string dial = "workload:\n  - dial: {from: dialers, to: server, count: ";
  EXPECT_THAT(with(dial + "2500001}\n"), HasSubstr("more than 10000000 turns at once"));
  EXPECT_EQ(with(dial + "2500000}\n"), "no error");
  EXPECT_EQ(with(dial + "2500001, arrivals: {every: 1s}}\n"), "no error");
  EXPECT_THAT(error_of(good, {"groups.dialers.count=10000000"}),
              HasSubstr("all groups together must have at most 10000000 nodes"));
  EXPECT_EQ(error_of(good, {"groups.dialers.count=9999999"}), "no error");
  std::string groups = "scenario: x\nduration: 1s\ngroups:\n";
  for (int i = 0; i < 1000; ++i) groups += "  g" + std::to_string(i) + ": {}\n";
  EXPECT_EQ(error_of(groups), "no error");
  EXPECT_THAT(error_of(groups + "  one_more: {}\n"), HasSubstr("at most 1000 groups"));
}

TEST(reader, refuses_times_and_rates_out_of_range) {
  EXPECT_EQ(error_of(good, {"duration=270000h", "sample_every=270000h"}), "no error");
  EXPECT_THAT(error_of(good, {"duration=270001h"}),
              HasSubstr("`duration` must be at most 270000h"));
  const std::string dial =
      "workload:\n  - dial: {from: dialers, to: server, arrivals: {poisson: 100000000";
  EXPECT_EQ(error_of(good + dial + "0/s}}\n"), "no error");
  EXPECT_THAT(error_of(good + dial + "1000/s}}\n"), HasSubstr("must be at most 1000000000/s"));
}

TEST(reader, refuses_what_is_no_text) {
  EXPECT_EQ(error_of(good + "description: \xff\n"), "f.yaml: is no UTF-8 text");
  EXPECT_EQ(error_of(good + "description: \xe2\x82\n"), "f.yaml: is no UTF-8 text");
  EXPECT_EQ(error_of(good + "description: \xe2\x82\xac\n"), "no error");
  EXPECT_THAT(error_of(good, {"scenario=\"a\\0b\""}), HasSubstr("must be a name of letters"));
}

TEST(reader, reads_every_part) {
  const auto s = parse_scenario(good + R"(
seed: 7
levels: [message, loopback]
sample_every: 100ms
tcp: ns3-default
links:
  default: {latency: 5ms, jitter: 1ms, bandwidth: 100Mbit/s, loss: 1%}
  between:
    - {groups: [dialers, server], latency: 300ms}
workload:
  - dial: {from: dialers, to: server, at: 1s, arrivals: {poisson: 20/s}, count: 3,
            mode: additional, hold: {exponential: 30s}, deadline: 2s, pick: random}
  - send: {from: dialers, to: server, every: 1s, bytes: 1KiB}
  - keep_connected: {from: dialers, to: server, at: 2s}
  - kill: {group: server, at: 3s}
  - restart: {group: server, at: 4s}
  - shutdown: {group: dialers, at: 5s}
faults:
  - partition: {groups: [server], at: 1s, until: 2s}
expectations:
  - server.icn_p2p_active_connections.max <= 4
)",
                                "f.yaml");
  EXPECT_EQ(s.seed, 7u);
  EXPECT_EQ(s.length, seconds(10));
  EXPECT_EQ(s.sample_every, milliseconds(100));
  EXPECT_EQ(s.tcp.name, "ns3-default");
  ASSERT_EQ(s.groups.size(), 2u);
  EXPECT_TRUE(s.groups[0].listen);
  EXPECT_EQ(s.groups[1].count, 4u);
  EXPECT_EQ(s.groups[1].manager.backoff_base, milliseconds(500));
  EXPECT_EQ(s.default_link.up, 100'000'000u);
  EXPECT_EQ(s.default_link.down, 100'000'000u);
  EXPECT_DOUBLE_EQ(*s.default_link.loss, 0.01);
  EXPECT_EQ(s.links.at(0).link.latency, sim::distribution::constant(300'000'000));
  EXPECT_EQ(s.links.at(0).link.jitter, sim::distribution::uniform(0, 1'000'000))
      << "the rest as the default link";
  ASSERT_EQ(s.workload.size(), 6u);
  EXPECT_EQ(s.faults.at(0)->when.until, seconds(2));
  EXPECT_EQ(s.where.at("links.default.latency"), "f.yaml:15:22");
}

TEST(reader, reads_rates_and_ratios_of_options_as_all_others) {
  const auto read = [](const std::string& options) {
    return parse_scenario("scenario: x\nduration: 1s\ngroups: {g: {manager: {" + options + "}}}\n",
                          "f.yaml")
        .groups[0]
        .manager;
  };
  for (const char* rate : {"20/s", "1200/m", "20"})
    EXPECT_EQ(read(std::string("accept_rate: ") + rate).accept_rate, 20) << rate;
  for (const char* ratio : {"25%", "0.25"})
    EXPECT_EQ(read(std::string("idle_jitter: ") + ratio).idle_jitter, 0.25) << ratio;
}

TEST(reader, reads_json_text) {
  const auto s = parse_scenario(
      R"({"scenario": "j", "duration": "1s", "groups": {"a": {"count": 2, "listen": true}}})",
      "<dict>");
  EXPECT_EQ(s.groups.at(0).count, 2u);
  EXPECT_TRUE(s.levels.empty()) << "those that can honour it, as levels_of() says";
}

TEST(reader, refuses_an_unknown_key_with_its_place_and_the_closest_one) {
  EXPECT_EQ(error_of("scenario: s\nduration: 1s\ngruops:\n  a: {}\n"),
            "f.yaml:3:1: unknown key `gruops` in a scenario; did you mean `groups`?");
  EXPECT_THAT(
      error_of("scenario: s\nduration: 1s\ngroups:\n  a:\n    manager:\n      max_conections: 3\n"),
      StartsWith("f.yaml:6:7: unknown key `max_conections` in manager options; did you mean "
                 "`max_connections`?"));
  EXPECT_THAT(error_of(good + "workload:\n  - dail: {from: dialers, to: server}\n"),
              StartsWith("f.yaml:10:5: unknown key `dail` in workload; did you mean `dial`?"));
}

TEST(reader, names_what_is_known_when_nothing_is_close) {
  EXPECT_THAT(error_of(good + "links: {speed: 3}\n"), HasSubstr("; known: default, between"));
}

TEST(reader, refuses_a_repeated_key) {
  EXPECT_THAT(error_of(good + "duration: 2s\n"),
              StartsWith("f.yaml:9:1: `duration` is given twice"));
}

TEST(reader, refuses_a_missing_key) {
  EXPECT_THAT(error_of("scenario: s\ngroups: {a: {}}\n"), HasSubstr("key `duration` is missing"));
}

TEST(reader, refuses_wrong_types) {
  EXPECT_EQ(error_of("scenario: s\nduration: 30\ngroups: {a: {}}\n"),
            "f.yaml:2:11: `duration` must be a duration, as in 30s, 600ms or 2m, not `30`");
  EXPECT_THAT(error_of("scenario: s\nduration: 1s\ngroups: {a: {count: many}}\n"),
              StartsWith("f.yaml:3:21: `groups.a.count` must be a whole number, not `many`"));
  EXPECT_THAT(error_of("scenario: s\nduration: 1s\ngroups: {a: {listen: 3}}\n"),
              HasSubstr("must be true or false, not `3`"));
  EXPECT_THAT(error_of("scenario: s\nduration: 1s\ngroups: [a]\n"),
              HasSubstr("`groups` must be a mapping, not a list"));
  EXPECT_THAT(error_of(good + "levels: message\n"),
              HasSubstr("`levels` must be a list, not `message`"));
  EXPECT_THAT(error_of("just text"), StartsWith("f.yaml:1:1: "));
}

TEST(reader, refuses_impossible_values) {
  EXPECT_THAT(error_of("scenario: s\nduration: 1s\ngroups: {a: {count: 0}}\n"),
              StartsWith("f.yaml:3:21: `groups.a.count` must be at least 1, not 0"));
  EXPECT_THAT(error_of("scenario: s\nduration: -3s\ngroups: {a: {}}\n"),
              HasSubstr("must be above 0, not -3s"));
  EXPECT_THAT(error_of(good + "links: {default: {latency: -5ms}}\n"),
              HasSubstr("must not be negative"));
  EXPECT_THAT(error_of(good + "links: {default: {loss: 1}}\n"), HasSubstr("below 1"));
  EXPECT_THAT(error_of(good + "links: {default: {loss: 100%}}\n"), HasSubstr("below 1"));
  EXPECT_THAT(error_of(good + "links: {default: {bandwidth: 0Mbit/s}}\n"),
              HasSubstr("must be above 0"));
  EXPECT_THAT(error_of(good + "workload:\n  - dial: {from: dialers, to: server, at: 11s}\n"),
              HasSubstr("beyond the scenario's duration of 10s"));
  EXPECT_THAT(error_of(good + "workload:\n  - dial: {from: dialers, to: dialers}\n"),
              HasSubstr("does not listen"));
  EXPECT_THAT(error_of(good + "workload:\n  - dial: {from: server, to: server}\n"),
              HasSubstr("cannot dial itself"));
  EXPECT_THAT(error_of(good + "faults:\n  - partition: {groups: [server], at: 2s, until: 1s}\n"),
              HasSubstr("`until` must be after `at`"));
}

TEST(reader, refuses_names_nobody_defined) {
  EXPECT_EQ(error_of(good + "levels: [message, streem]\n"),
            "f.yaml:9:19: no level is called `streem`; did you mean `stream`?");
  EXPECT_THAT(error_of(good + "workload:\n  - dial: {from: dialer, to: server}\n"),
              StartsWith("f.yaml:10:18: no group is called `dialer`; did you mean `dialers`?"));
  EXPECT_THAT(error_of(good + "tcp: linux\n"),
              StartsWith("f.yaml:9:6: no TCP profile is called `linux`"));
}

TEST(reader, refuses_manager_options_out_of_range_or_at_odds) {
  const std::string head = "scenario: s\nduration: 1s\ngroups:\n  a:\n    manager:\n";
  EXPECT_THAT(error_of(head + "      backoff_multiplier: 0.5\n"),
              StartsWith("f.yaml:6:27: `backoff_multiplier` must be between 1 and "));
  EXPECT_THAT(error_of(head + "      backoff_base: 10s\n      backoff_cap: 1s\n"),
              StartsWith("f.yaml:"));
}

TEST(reader, points_at_a_syntax_error) {
  EXPECT_THAT(error_of("scenario: s\nduration: [1s\ngroups: {}\n"), StartsWith("f.yaml:"));
}

TEST(reader, names_a_missing_file_and_the_reason) {
  try {
    read_scenario("no/such.yaml");
    FAIL();
  } catch (const bad_input& e) {
    EXPECT_STREQ(e.what(), "no/such.yaml: cannot be read: No such file or directory");
  }
}

TEST(set, changes_a_value_and_makes_missing_mappings) {
  const auto s =
      parse_scenario(good, "f.yaml", {"groups.server.manager.max_connections=128", "duration=20s"});
  EXPECT_EQ(s.groups[0].manager.max_connections, 128u);
  EXPECT_EQ(s.length, seconds(20));
  EXPECT_EQ(s.where.at("duration"), "--set duration=20s");
}

TEST(set, reaches_into_lists) {
  const auto s = parse_scenario(good + "workload:\n  - dial: {from: dialers, to: server}\n",
                                "f.yaml", {"workload.0.dial.count=2"});
  EXPECT_EQ(s.where.at("workload.0.dial.count"), "--set workload.0.dial.count=2");
}

TEST(set, is_the_place_named_in_errors) {
  EXPECT_EQ(
      error_of(good, {"duration=soon"}),
      "--set duration=soon: `duration` must be a duration, as in 30s, 600ms or 2m, not `soon`");
  EXPECT_EQ(error_of(good, {"groups.server.manager.max_conections=1"}),
            "--set groups.server.manager.max_conections=1: unknown key `max_conections` in manager "
            "options; did you mean `max_connections`?");
}

TEST(set, refuses_groups_and_places_that_are_not_there) {
  EXPECT_THAT(
      error_of(good, {"groups.srver.count=2"}),
      StartsWith("--set groups.srver.count=2: no group is called `srver`; did you mean `server`?"));
  EXPECT_THAT(error_of(good, {"duration.x=2"}), HasSubstr("`duration` is a value and has no keys"));
  EXPECT_THAT(error_of(good, {"duration"}), HasSubstr("write path=value"));
  EXPECT_THAT(error_of(good + "levels: [message]\n", {"levels.3=stream"}),
              HasSubstr("must be an index below 1"));
}

}  // namespace
}  // namespace tandem::scenarios
