// SPDX-License-Identifier: MIT
// What is found of a run: ok, failed, or held only because nothing happened.
#include "run/fault_book.hpp"
#include "run/streaming.hpp"
#include "run/tracker.hpp"
#include "run_support.hpp"
#include "tandem/scenarios/results.hpp"

#include <gmock/gmock.h>

namespace tandem::scenarios {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr time_point at(duration since) { return time_point{} + since; }

TEST(fault_book, knows_when_everything_has_healed) {
  fault_book book({{"cut", "a cut", ""}, {"", "a stall", ""}});
  int told = 0;
  book.on_change([&](time_point) { ++told; });
  EXPECT_FALSE(book.healed()) << "nothing was ever wrong";
  book.began(0, at(1s));
  book.began(1, at(2s));
  book.ended(0, at(3s));
  EXPECT_FALSE(book.healed());
  book.ended(1, at(4s));
  EXPECT_EQ(book.healed(), at(4s));
  book.began(0, at(5s));
  EXPECT_FALSE(book.healed());
  book.ended(0, at(7s));
  EXPECT_EQ(book.healed(), at(7s));
  EXPECT_EQ(book.first_began(0), at(1s));
  EXPECT_EQ(book.last_ended(0), at(7s));
  EXPECT_EQ(told, 6);
  book.ended(0, at(9s));
  EXPECT_EQ(book.healed(), at(7s)) << "it was over";
}

TEST(fault_book, calls_untested_what_touched_nothing) {
  fault_book book({{"", "one", ""}, {"", "two", ""}, {"", "three", ""}, {"", "four", "by design"}});
  for (std::size_t i : {0U, 1U, 3U}) book.began(i, at(1s));
  book.touched(0, touch::packets, 3);
  const auto found = book.results();
  EXPECT_EQ(found[0].verdict, verdict::ok);
  EXPECT_EQ(found[0].touched[3], 3U);
  EXPECT_EQ(found[1].verdict, verdict::untested);
  EXPECT_EQ(found[1].why, "it touched nothing");
  EXPECT_EQ(found[2].why, "it never began");
  EXPECT_EQ(found[3].verdict, verdict::ok);
  EXPECT_EQ(found[3].why, "it touched nothing, allowed: by design");
}

const std::string cut = R"(scenario: cut
duration: 20s
groups: {server: {listen: true}, peers: {count: 3}, idle: {}}
workload:
  - dial: {from: peers, to: server, at: 1s}
  - dial: {from: peers, to: server, at: 10s, mode: additional}
faults:
  - partition: {groups: [server], at: 5s, until: 11s, name: first}
  - partition: {groups: [idle], at: 5s, until: 11s)";

TEST(verdict, of_a_fault_that_touched_nothing_is_untested) {
  for (const auto& level : virtual_levels()) {
    const auto r = run_on(parse_scenario(cut + "}\n", "cut.yaml"), level);
    ASSERT_EQ(r.faults.size(), 2U);
    EXPECT_EQ(r.faults[0].text, "partition of server from 5s until 11s");
    EXPECT_EQ(r.faults[0].verdict, verdict::ok) << level;
    EXPECT_EQ(r.faults[0].touched[1], 3U) << "connections";
    EXPECT_EQ(r.faults[0].touched[2], 3U) << "attempts";
    EXPECT_EQ(r.faults[1].verdict, verdict::untested) << level;
    EXPECT_EQ(r.verdict, verdict::untested);
    EXPECT_FALSE(r.ok);
    EXPECT_THAT(to_table({&r, 1}), HasSubstr("untested: fault: partition of idle from 5s until "
                                             "11s: it touched nothing"));
    EXPECT_THAT(to_json({&r, 1}), HasSubstr(R"("ok":false,"verdict":"untested","stopped":false)"));
  }
}

TEST(verdict, of_a_fault_that_met_dials_on_their_way_is_ok) {
  const auto what = parse_scenario(R"(scenario: cut
duration: 20s
links: {default: {latency: 50ms}}
groups: {server: {listen: true}, peers: {count: 3}}
workload:
  - dial: {from: peers, to: server}
faults:
  - partition: {groups: [server], name: at_once}
  - partition: {groups: [server], at: 40ms, until: 1s, name: a_little_later}
)",
                                   "cut.yaml");
  for (const auto& level : virtual_levels())
    for (const auto& fault : run_on(what, level).faults) {
      EXPECT_EQ(fault.verdict, verdict::ok) << level;
      EXPECT_EQ(fault.touched[2], 3U) << level << ": attempts";
    }
}

TEST(verdict, of_what_need_not_be_tested_is_ok_with_the_reason) {
  const auto what = parse_scenario(cut + ", allow_untested: it is spare}\n", "cut.yaml");
  const auto r = run_on(what, "message");
  EXPECT_TRUE(r.ok) << failures_of(r);
  EXPECT_THAT(to_table({&r, 1}), HasSubstr("allowed: it is spare"));
}

TEST(verdict, that_something_failed_is_worse_than_that_it_was_not_tested) {
  const auto what =
      parse_scenario(cut + "}\nexpectations: [server.permits_live.max == 1]\n", "cut.yaml");
  EXPECT_EQ(run_on(what, "message").verdict, verdict::failed);
}

TEST(streaming, quantiles_are_right_to_half_a_percent) {
  log_histogram h;
  EXPECT_FALSE(h.quantile(0.5));
  for (int i = 1; i <= 1000; ++i) h.add(i * 1e-3);
  EXPECT_NEAR(*h.quantile(0.5), 0.5, 0.0026);
  EXPECT_NEAR(*h.quantile(0.99), 0.99, 0.005);
  EXPECT_NEAR(*h.quantile(1), 1, 0.005);
  for (int i = 0; i < 2000; ++i) h.add(0);
  EXPECT_EQ(h.quantile(0.5), 0);
}

TEST(streaming, the_busiest_second_is_any_second) {
  busiest_second b;
  for (const auto when : {0ms, 600ms, 1200ms, 1599ms, 1600ms, 5000ms}) b.add(at(when));
  EXPECT_EQ(b.most(), 3U) << "600 ms and 1600 ms are a second apart";
}

TEST(summary, is_printed_when_nothing_was_expected) {
  const std::string text = R"(scenario: crowded
duration: 60s
groups: {server: {listen: true, manager: {max_connections: 8}}, dialers: {count: 10}}
workload: [dial: {from: dialers, to: server, arrivals: {every: 5ms}}]
)";
  for (const auto& level : virtual_levels()) {
    const auto r = run_on(parse_scenario(text, "crowded.yaml"), level);
    const auto& dialers = r.groups[1].summary;
    EXPECT_EQ(dialers.active_max, 8U);
    EXPECT_EQ(dialers.active_last, 0U);
    EXPECT_EQ(dialers.failed, (cause_counts{{"LimitReached", 2}}));
    EXPECT_EQ(dialers.closed, (cause_counts{{"IdleTimeout", 8}}));
    EXPECT_NEAR(*dialers.dial_p50, 0.006, 0.0007);
    EXPECT_EQ(dialers.attempts_peak, 10U);
    EXPECT_EQ(r.groups[0].refusals, (cause_counts{{"LimitReached", 2}}));
    EXPECT_FALSE(r.groups[0].summary.dial_p50);
    const auto table = to_table({&r, 1});
    EXPECT_THAT(table, HasSubstr("Nothing was expected. At " + level + ", seed 1:"));
    EXPECT_THAT(table, testing::ContainsRegex("dialers +0 +8 +- +LimitReached 2 +IdleTimeout 8"));
    EXPECT_THAT(to_json({&r, 1}), HasSubstr(R"("dial_p50_s":null,"dial_p99_s":null)"));
  }
  const auto asked =
      run_on(parse_scenario(text + "expectations: [server.active.max == 8]\n", "f"), "message");
  EXPECT_THAT(to_table({&asked, 1}), testing::Not(HasSubstr("Nothing was expected")));
}

TEST(invariants, count_how_often_they_were_looked_at) {
  const auto r = run_on(parse_scenario(R"(
scenario: s
duration: 40s
groups:
  server: {listen: true}
  gone: {listen: true}
  clients: {count: 3}
workload:
  - dial: {from: clients, to: server}
  - dial: {from: clients, to: gone}
faults:
  - partition: {groups: [gone]}
expectations:
  - server.closed.IdleTimeout == 3
  - clients.backoffs == 3
)",
                                       "s.yaml"),
                        "message");
  EXPECT_TRUE(r.ok) << failures_of(r);
  const std::map<std::string, std::uint64_t> looked(r.invariants.begin(), r.invariants.end());
  EXPECT_EQ(looked.size(), invariants_count);
  EXPECT_EQ(looked.at("permits are conserved"), r.events);
  EXPECT_EQ(looked.at("backoff stays within its strategy's bounds"), 3u);
  EXPECT_EQ(looked.at("every close has its connection"), 6u);
  EXPECT_EQ(looked.at("max_connections_per_peer is never exceeded"), 6u);
  EXPECT_GE(looked.at("no connection outlives its idle timeout"), 3u);
}

}  // namespace
}  // namespace tandem::scenarios
