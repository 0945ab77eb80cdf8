// SPDX-License-Identifier: MIT
#include "tandem/core/actions.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tandem {
namespace {

TEST(cause, has_one_row_each_with_unique_names_and_wire_codes) {
  ASSERT_EQ(causes().size(), causes_count);
  std::set<std::string_view> names;
  std::set<std::uint32_t> codes;
  std::size_t with_code = 0;
  for (const cause_row& row : causes()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.sentence.empty()) << row.name;
    EXPECT_EQ(cause_named(row.name), row.value);
    if (row.wire_code == 0) continue;
    ++with_code;
    EXPECT_GT(row.wire_code, 0x1000U);
    EXPECT_TRUE(codes.insert(row.wire_code).second) << row.name;
    EXPECT_EQ(cause_of_wire_code(row.wire_code), row.value);
  }
  EXPECT_GE(with_code, 10U);
}

TEST(cause, wire_codes_stay_what_they_were_published_as) {
  EXPECT_EQ(wire_code_of(cause::limit_reached), 0x1001U);
  EXPECT_EQ(wire_code_of(cause::per_peer_limit_reached), 0x1002U);
  EXPECT_EQ(wire_code_of(cause::shutting_down), 0x1006U);
  EXPECT_EQ(wire_code_of(cause::duplicate), 0x1008U);
  EXPECT_EQ(wire_code_of(cause::idle_timeout), 0x1101U);
  EXPECT_EQ(wire_code_of(cause::requested), 0U);
}

TEST(go_away_code, carries_the_reason_below_and_the_time_to_stay_away_above) {
  using namespace std::chrono_literals;
  EXPECT_EQ(go_away_code(cause::limit_reached, 0s), 0x1001U);
  EXPECT_EQ(go_away_code(cause::shutting_down, 100ms), 0x0001'1006U);
  EXPECT_EQ(go_away_code(cause::shutting_down, 30s), 0x012c'1006U);
  const auto told = parse_go_away(0x012c'1006U);
  EXPECT_EQ(told.reason, cause::shutting_down);
  EXPECT_EQ(told.retry_after, 30s);
}

TEST(go_away_code, rounds_up_and_ends_at_its_most) {
  using namespace std::chrono_literals;
  const auto upper = [](duration d) { return go_away_code(cause::denied, d) >> 16; };
  EXPECT_EQ(upper(-1s), 0U);
  EXPECT_EQ(upper(1ns), 1U);
  EXPECT_EQ(upper(100ms), 1U);
  EXPECT_EQ(upper(100ms + 1ns), 2U);
  EXPECT_EQ(upper(6553500ms - 1ns), 65535U);
  EXPECT_EQ(upper(6553500ms), 65535U);
  EXPECT_EQ(upper(6553500ms + 1ns), 65535U);
  EXPECT_EQ(upper(duration::max()), 65535U);
  EXPECT_EQ(parse_go_away(0xffff'1007U).retry_after, 6553500ms);
}

TEST(go_away_code, without_a_reason_of_ours_says_nothing) {
  using namespace std::chrono_literals;
  EXPECT_EQ(go_away_code(cause::requested, 30s), 0U);
  for (const std::uint32_t code : {0U, 1U, 2U, 0x0001'0000U, 0x0001'0001U, 0xffff'ffffU}) {
    EXPECT_FALSE(parse_go_away(code).reason) << code;
    EXPECT_EQ(parse_go_away(code).retry_after, 0s) << code;
  }
  for (const cause_row& row : causes()) {
    if (row.wire_code == 0) continue;
    EXPECT_LT(row.wire_code, 0x1'0000U) << "the lower half";
    EXPECT_EQ(parse_go_away(go_away_code(row.value, 7s)).reason, row.value);
    EXPECT_EQ(parse_go_away(go_away_code(row.value, 7s)).retry_after, 7s);
  }
}

TEST(cause, unknown_names_and_codes_are_nothing) {
  EXPECT_FALSE(cause_named("limitreached"));
  EXPECT_FALSE(cause_named(""));
  EXPECT_FALSE(cause_of_wire_code(0));
  EXPECT_FALSE(cause_of_wire_code(2));
  EXPECT_EQ(name_of(static_cast<cause>(250)), "None");
}

TEST(cause, names_are_the_words_of_the_product) {
  EXPECT_EQ(name_of(cause::limit_reached), "LimitReached");
  EXPECT_EQ(name_of(cause::per_peer_limit_reached), "PerPeerLimitReached");
  EXPECT_EQ(name_of(cause::idle_timeout), "IdleTimeout");
}

TEST(notice, has_a_name_each) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(notice::shutdown_began); ++i)
    EXPECT_TRUE(names.insert(name_of(static_cast<notice>(i))).second) << i;
  EXPECT_FALSE(names.contains("unknown"));
}

TEST(describe, names_the_cause_and_its_numbers) {
  notification n;
  n.why = cause::limit_reached;
  n.limit = n.current = 256;
  EXPECT_EQ(describe(n), "LimitReached{limit: 256, current: 256}");
  n = {};
  n.why = cause::requested;
  EXPECT_EQ(describe(n), "Requested");
  n.why = cause::backing_off;
  n.failures = 3;
  n.ceiling = std::chrono::seconds(4);
  n.until = time_point{std::chrono::milliseconds(1500)};
  EXPECT_EQ(describe(n), "BackingOff{failures: 3, ceiling: 4000 ms, until: 1500 ms}");
}

}  // namespace
}  // namespace tandem
