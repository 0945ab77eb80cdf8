// SPDX-License-Identifier: MIT
#include "tandem/scenarios/expectation.hpp"

#include "tandem/command/units.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <set>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

const expectation_names names{{"server", "dialers"}, {1, 10}, {"cut", ""}, seconds(100)};

expectation read(const std::string& text) { return parse_expectation(text, names); }

std::string error_of(const std::string& text) {
  try {
    read(text);
  } catch (const expectation_error& e) {
    return std::to_string(e.column()) + ": " + e.what();
  }
  return "no error";
}

bool holds_of(const expectation& e, double left) {
  return holds(e, left, value_of(e.low, {}), value_of(e.high, {}));
}

TEST(expectation, is_about_the_last_value_unless_it_says_otherwise) {
  const auto e = read("server.icn_p2p_active_connections == 256");
  ASSERT_EQ(e.numbers.size(), 1U);
  EXPECT_EQ(e.numbers[0].group, 0U);
  EXPECT_EQ(e.numbers[0].measure, *measure_named("icn_p2p_active_connections"));
  EXPECT_EQ(e.numbers[0].statistic, statistic::last);
  EXPECT_TRUE(holds_of(e, 256));
  EXPECT_FALSE(holds_of(e, 257));
  EXPECT_FALSE(holds_of(e, 255));
}

TEST(expectation, reads_statistics_times_and_every_comparison) {
  EXPECT_EQ(read("server.permits_live.max <= 256").numbers[0].statistic, statistic::max);
  const auto at = read("server.permits_live at 600ms > 1").numbers[0].when;
  EXPECT_TRUE(at.at);
  EXPECT_EQ(at.until->plus, milliseconds(600));
  EXPECT_TRUE(holds_of(read("server.permits_live != 3"), 4));
  EXPECT_FALSE(holds_of(read("server.permits_live < 3"), 3));
  EXPECT_TRUE(holds_of(read("server.permits_live <= 3"), 3));
  EXPECT_FALSE(holds_of(read("server.permits_live>3"), 3));
  EXPECT_TRUE(holds_of(read("server.permits_live >= 3"), 3));
  EXPECT_TRUE(holds_of(read("server.permits_live ~= 3 +- 1"), 4));
  EXPECT_FALSE(holds_of(read("server.permits_live ~= 3 +- 1"), 4.1));
  EXPECT_TRUE(holds_of(read("server.permits_live ~= 200 +- 5%"), 190));
  EXPECT_FALSE(holds_of(read("server.permits_live ~= 200 +- 5%"), 189));
}

TEST(expectation, of_a_distribution_is_about_every_value_and_has_its_unit) {
  const auto e = read("dialers.idle_close_after in [30s, 31s]");
  EXPECT_EQ(e.numbers[0].group, 1U);
  EXPECT_EQ(e.numbers[0].statistic, statistic::every);
  EXPECT_TRUE(holds_of(e, 30));
  EXPECT_TRUE(holds_of(e, 31));
  EXPECT_FALSE(holds_of(e, 29.999999999));
  EXPECT_FALSE(holds_of(e, 31.000000001));
  EXPECT_EQ(read("dialers.dial_time.count == 3").numbers[0].statistic, statistic::count);
  const auto p999 = read("dialers.dial_time.p999 <= 3s").numbers[0];
  EXPECT_EQ(p999.statistic, statistic::quantile);
  EXPECT_EQ(p999.fraction, 0.999);
  EXPECT_EQ(read("dialers.dial_time.p95 <= 3s").numbers[0].fraction, 0.95);
}

TEST(expectation, knows_every_number_by_its_long_and_its_short_name) {
  for (const auto* name : {"active", "active_connections", "icn_p2p_active_connections"})
    EXPECT_EQ(measure_named(name), 0U) << name;
  EXPECT_EQ(measure_named("offline"), measure_named("icn_p2p_offline"));
  EXPECT_EQ(measure_named("evictions"), measure_named("evicted_total"));
  EXPECT_EQ(read("server.refusals.LimitReached == 144").numbers[0].measure,
            *measure_named("refusals.LimitReached"));
  EXPECT_EQ(read("dialers.told.LimitReached.max == 1").numbers[0].statistic, statistic::max);
  std::set<std::string> seen;
  for (const auto& m : measures()) {
    EXPECT_TRUE(seen.insert(m.name).second) << m.name;
    for (const auto& other : m.also) EXPECT_TRUE(seen.insert(other).second) << other;
    for (const auto& cause : m.causes) EXPECT_TRUE(measure_named(cause)) << m.name << cause;
    EXPECT_FALSE(m.help.empty()) << m.name;
  }
}

TEST(expectation, names_one_node_some_or_each) {
  EXPECT_EQ(read("dialers[3].active == 1").numbers[0].first, 3U);
  EXPECT_EQ(read("dialers[3].active == 1").numbers[0].count, 1U);
  const auto some = read("dialers[2..9].refusals.LimitReached.max == 1").numbers[0];
  EXPECT_EQ(some.first, 2U);
  EXPECT_EQ(some.count, 8U);
  EXPECT_FALSE(some.each);
  EXPECT_TRUE(read("each dialers.dial_time.p99 <= 5s").numbers[0].each);
  EXPECT_TRUE(read("always each dialers[0..1].active <= 1").numbers[0].each);
}

TEST(expectation, calculates_with_numbers_counts_and_formulas) {
  const auto e = read("server.active - 2 * dialers.count >= -(1 + dialers.dials) / 4");
  const double values[] = {30, 11};
  EXPECT_EQ(value_of(e.left, values), 10);
  EXPECT_EQ(value_of(e.low, values), -3);
  EXPECT_EQ(value_of(read("server.refused / server.arrivals == 0.5").left, std::vector{1., 4.}),
            0.25);
  EXPECT_TRUE(std::isnan(value_of(e.left, std::vector{NAN, 1.})));
  const auto rate = read("server.bytes_sent rate <= 10Mbit/s");
  EXPECT_EQ(value_of(rate.low, {}), 1.25e6);
  EXPECT_NO_THROW(read("server.attempts / 10s <= 20/s"));
  EXPECT_NO_THROW(read("dialers.dial_time.max - dialers.dial_time.min <= 3s"));
}

TEST(expectation, knows_the_formulas_of_erlang_and_engset) {
  const auto of = [](const std::string& text) {
    return value_of(read("server.active == " + text).low, {});
  };
  EXPECT_NEAR(of("erlang_b(10, 8)"), 0.121661, 1e-6);
  EXPECT_NEAR(of("erlang_b(50, load: 50)"), 0.104787, 1e-6);
  EXPECT_NEAR(of("erlang_b(servers: 1000, load: 1000)"), 0.024812, 1e-6);
  EXPECT_EQ(of("erlang_b(0, 5)"), 1);
  // By hand: 2 servers, 4 sources, load 0.5 of each idle one: among 3 others C(3,2)/4 of 1 + 3/2 +
  // 3/4.
  EXPECT_NEAR(of("engset(2, 4, 0.5)"), 0.75 / 3.25, 1e-12);
  EXPECT_EQ(of("engset(4, 4, 3)"), 0) << "a server for each";
  EXPECT_EQ(of("max(min(3, 4), 2)"), 3);
  EXPECT_TRUE(std::isnan(of("erlang_b(1.5, 5)")));
}

TEST(expectation, has_windows_between_moments) {
  const auto between = read("server.attempts peak per 1s <= 60 between heal and heal + 60s");
  const auto& use = between.numbers[0];
  EXPECT_EQ(use.statistic, statistic::peak);
  EXPECT_EQ(use.per, seconds(1));
  EXPECT_EQ(use.when.from->from, moment::base::heal);
  EXPECT_EQ(use.when.until->plus, seconds(60));
  const auto from = read("dialers.closed.LivenessLost == 0 from cut + 5s until cut.end");
  EXPECT_EQ(from.numbers[0].when.from->from, moment::base::fault_begin);
  EXPECT_EQ(from.numbers[0].when.from->plus, seconds(5));
  EXPECT_EQ(from.numbers[0].when.until->from, moment::base::fault_end);
  // Each side its own; the last one is the line's.
  const auto two = read("server.active at 60s >= 0.9 * server.active at 10s");
  EXPECT_EQ(two.numbers[0].when.until->plus, seconds(60));
  EXPECT_EQ(two.numbers[1].when.until->plus, seconds(10));
}

TEST(expectation, quantifies_and_reaches) {
  EXPECT_EQ(read("always server.active <= 8").how, expectation::quantifier::always);
  EXPECT_EQ(read("sometimes server.active >= 8 from 3s").how, expectation::quantifier::sometimes);
  const auto e = read("server.active reaches 0.9 * dialers.count within 60s of heal");
  EXPECT_EQ(e.what, expectation::kind::reaches);
  EXPECT_EQ(value_of(e.low, {}), 9);
  EXPECT_EQ(e.within, seconds(60));
  EXPECT_EQ(e.of.from, moment::base::heal);
  EXPECT_EQ(read("eventually within 2m").what, expectation::kind::falls_to);
}

TEST(expectation, says_what_it_does_not_understand_and_where) {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"sever.permits_live == 1", "0: no group is called `sever`; did you mean `server`?"},
      {"server.permits_life == 1", "0: no metric is called `permits_life`; did you mean"},
      {"server.refusals.LimitReach == 1",
       "no cause is called `LimitReach`; did you mean `LimitReached`?"},
      {"server.permits_live.maxx == 1", "did you mean `max`?"},
      {"server.permits_live", "19: a comparison is missing"},
      {"server.permits_live = 1", "20: `=` is no comparison"},
      {"server.permits_live == many", "23: `many` is no number"},
      {"server.permits_live ==", "22: one value must follow `==`"},
      {"server.permits_live == 1 2", "25: nothing can follow here: `2`"},
      {"server.dial_time < 30", "19: `30` is no duration"},
      {"server.active < 30s", "16: `30s` is no number"},
      {"server.dials rate < 30", "20: `30` is no rate"},
      {"server.active < server.dial_time.max", "16: a number cannot be compared with a duration"},
      {"server.active + 3s < 4", "14: a number, a duration and a rate have no sum"},
      {"server.dial_time in [2s, 1s]", "21: the range [2s, 1s] is empty"},
      {"server.dial_time in 1s", "20: `in` takes a range"},
      {"server.dial_time at 1s < 1s", "0: `at` is for the value of a number"},
      {"server.active.max == 3 at 1s", "0: `at` is for the value of a number"},
      {"server.active at noon == 3", "17: no fault is called `noon`"},
      {"server.active == 3 from", "23: a time must follow `from`"},
      {"server.active == 3 from 101s", "24: the time after `from` is beyond the scenario's"},
      {"server.active == 3 from heal - 5s", "24: a moment cannot lie before heal"},
      {"server.active == 3 between 9s and 9s", "36: the window ends before it begins"},
      {"server.active == 3 between 9s", "29: `between` takes two moments"},
      {"server.active.count == 1", "0: `count` is for distributions"},
      {"server.active.rate == 1/s",
       "0: a rate is of a total; `icn_p2p_active_connections` is none"},
      {"server.dial_time peak per 1s < 3", "17: `peak per` is for what a total grows by"},
      {"server.dials peak per 0s < 3", "13: `peak per` needs a time above 0"},
      {"server.dials peak 1s < 3", "18: `peak` needs `per`"},
      {"server", "0: `server` names no metric"},
      {"", "0: an expectation is empty"},
      {"3 == 4", "0: the line names no number"},
      {"dialers[10].active == 1", "8: group `dialers` has 10 nodes: `[0]` to `[9]`"},
      {"dialers[x].active == 1", "8: `x` names no nodes"},
      {"dialers[2..1].active == 1", "8: `2..1` names no nodes"},
      {"dialers[2.active == 1", "8: `2.active` names no nodes"},
      {"dialers[2] == 1", "11: a metric must follow, as in `dialers[3].active`"},
      {"(server.active == 1", "15: a `)` is missing"},
      {"erlang(1, 2) == server.active",
       "0: no function is called `erlang`; did you mean `erlang_b`?"},
      {"erlang_b(1) == server.active", "10: `erlang_b` takes `erlang_b(servers, load)`"},
      {"erlang_b(load: 1, 2) == server.active", "9: no such argument here"},
      {"erlang_b(1, 2s) == server.active", "12: arguments are plain numbers"},
      {"server.active ~= 3", "18: `~=` needs a tolerance"},
      {"server.active == 3 +- 1", "19: `+-` goes with `~=`"},
      {"always server.active.max <= 3", "7: `always` and `sometimes` look at every moment"},
      {"always server.active from 3s <= dialers.active",
       "`always` and `sometimes` have one window"},
      {"always server.active reaches 3 within 3s of heal", "0: `reaches` is about one moment"},
      {"server.active reaches 3", "23: `reaches` needs a time"},
      {"server.active reaches 3 within 5s", "33: `within` needs a moment"},
      {"server.active.max reaches 3 within 5s of heal", "0: `reaches` is about values of numbers"},
      {"server.dial_time <= dialers.failure_time", "two distributions cannot be compared"},
      {"each dialers.active == each server.active", "a line looks at each of one set of nodes"},
      {"eventually soon", "11: a time must follow"},
      {"server.blocking.max <= 1%", "0: `blocking` is a ratio of two totals and has no statistic: leave `max` out"},
      {"server.blocking rate <= 1%", "`rate` is no comparison"},
  };
  for (const auto& [text, said] : wrong) EXPECT_THAT(error_of(text), HasSubstr(said)) << text;
}

TEST(units, read_durations) {
  EXPECT_EQ(parse_duration("30s"), seconds(30));
  EXPECT_EQ(parse_duration("600ms"), milliseconds(600));
  EXPECT_EQ(parse_duration("1.5h"), seconds(5400));
  EXPECT_EQ(parse_duration("1m30s"), seconds(90));
  EXPECT_EQ(parse_duration("-2s"), seconds(-2));
  EXPECT_EQ(parse_duration("0"), seconds(0));
  for (const auto* wrong : {"30", "s", "", "-", "1x", "1s 2", "300000h1000000h1000000000h"})
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

TEST(units, read_rates_bandwidths_and_bytes) {
  EXPECT_EQ(parse_rate("300/m"), 5.0);
  EXPECT_FALSE(parse_rate("5"));
  EXPECT_EQ(parse_bandwidth("1.5Mbit/s"), 1'500'000u);
  EXPECT_FALSE(parse_bandwidth("100MB"));
  EXPECT_EQ(parse_bytes("64KiB"), 65536u);
  EXPECT_FALSE(parse_bytes("0.5"));
  EXPECT_EQ(parse_ratio("5%"), 0.05);
}

TEST(units, write_durations_exactly) {
  EXPECT_EQ(format_duration(seconds(90)), "90s");
  EXPECT_EQ(format_duration(seconds(120)), "2m");
  EXPECT_EQ(format_duration(duration(1)), "1ns");
}

TEST(suggestions, come_only_when_close) {
  EXPECT_EQ(closest("conut", {"count", "listen"}), "count");
  EXPECT_EQ(closest("zebra", {"count", "listen"}), "");
  // Short words: half of the letters must stay.
  EXPECT_EQ(closest("x", {"a", "b"}), "");
  EXPECT_EQ(closest("ab", {"a", "xy"}), "");
  EXPECT_EQ(closest("abc", {"xbz"}), "");
  EXPECT_EQ(closest("upp", {"up", "down"}), "up");
  EXPECT_EQ(closest("lta", {"lte", "dsl"}), "lte");
  EXPECT_EQ(suggestion("x", {"a", "b"}), "; known: a, b");
}

}  // namespace
}  // namespace tandem::scenarios
