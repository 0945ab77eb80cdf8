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
