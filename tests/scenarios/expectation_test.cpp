// SPDX-License-Identifier: MIT
#include "tandem/scenarios/expectation.hpp"

#include "tandem/command/units.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace tandem::scenarios {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

const std::vector<std::string> groups{"server", "dialers"};

expectation read(const std::string& text) { return parse_expectation(text, groups); }

std::string error_of(const std::string& text) {
  try {
    read(text);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "no error";
}

TEST(expectation, is_about_the_last_value_unless_it_says_otherwise) {
  const auto e = read("server.icn_p2p_active_connections == 256");
  EXPECT_EQ(e.group, 0u);
  EXPECT_EQ(e.measure, *measure_named("icn_p2p_active_connections"));
  EXPECT_EQ(e.statistic, statistic::last);
  EXPECT_TRUE(holds(e, 256));
  EXPECT_FALSE(holds(e, 257));
  EXPECT_FALSE(holds(e, 255));
}

TEST(expectation, reads_statistics_times_and_every_comparison) {
  EXPECT_EQ(read("server.permits_live.max <= 256").statistic, statistic::max);
  EXPECT_EQ(read("server.permits_live at 600ms > 1").at, milliseconds(600));
  EXPECT_TRUE(holds(read("server.permits_live != 3"), 4));
  EXPECT_FALSE(holds(read("server.permits_live < 3"), 3));
  EXPECT_TRUE(holds(read("server.permits_live <= 3"), 3));
  EXPECT_FALSE(holds(read("server.permits_live>3"), 3));
  EXPECT_TRUE(holds(read("server.permits_live >= 3"), 3));
}

TEST(expectation, of_a_distribution_is_about_every_value_and_has_its_unit) {
  const auto e = read("dialers.idle_close_after in [30s, 31s]");
  EXPECT_EQ(e.group, 1u);
  EXPECT_EQ(e.statistic, statistic::every);
  EXPECT_TRUE(holds(e, 30));
  EXPECT_TRUE(holds(e, 31));
  EXPECT_FALSE(holds(e, 29.999999999));
  EXPECT_FALSE(holds(e, 31.000000001));
  EXPECT_EQ(read("dialers.dial_time.count == 3").statistic, statistic::count);
}

TEST(expectation, knows_every_cause_by_its_name) {
  EXPECT_EQ(read("server.refusals.LimitReached == 144").measure,
            *measure_named("refusals.LimitReached"));
  EXPECT_EQ(read("dialers.told.LimitReached.max == 1").statistic, statistic::max);
}

TEST(expectation, says_what_it_does_not_understand) {
  EXPECT_THAT(error_of("sever.permits_live == 1"),
              HasSubstr("no group is called `sever`; did you mean `server`?"));
  EXPECT_THAT(error_of("server.permits_life == 1"), HasSubstr("did you mean `permits_live`?"));
  EXPECT_THAT(error_of("server.refusals.LimitReach == 1"),
              HasSubstr("did you mean `refusals.LimitReached`?"));
  EXPECT_THAT(error_of("server.permits_live.maxx == 1"), HasSubstr("did you mean `max`?"));
  EXPECT_THAT(error_of("server.permits_live"), HasSubstr("a comparison is missing"));
  EXPECT_THAT(error_of("server.dial_time != 1s"), HasSubstr("such as `dial_time.min`"));
  EXPECT_THAT(error_of("server.permits_live = 1"), HasSubstr("`=` is no comparison"));
  EXPECT_THAT(error_of("server.permits_live == many"), HasSubstr("`many` is no number"));
  EXPECT_THAT(error_of("server.dial_time < 30"), HasSubstr("`30` is no duration"));
  EXPECT_THAT(error_of("server.dial_time in [2s, 1s]"), HasSubstr("is empty"));
  EXPECT_THAT(error_of("server.dial_time in 1s"), HasSubstr("takes a range"));
  EXPECT_THAT(error_of("server.dial_time at 1s < 1s"),
              HasSubstr("`at` is for the value of a number"));
  EXPECT_THAT(error_of("server.permits_live.count == 1"),
              HasSubstr("`count` is for distributions"));
  EXPECT_THAT(error_of("server"), HasSubstr("names no metric"));
  EXPECT_THAT(error_of(""), HasSubstr("is empty"));
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
}

}  // namespace
}  // namespace tandem::scenarios
