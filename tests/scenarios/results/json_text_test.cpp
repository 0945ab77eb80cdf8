// SPDX-License-Identifier: MIT
// Numbers in the JSON that commands print: as people write them, and read again as the same.
#include "tandem/command/json_text.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <limits>

namespace {

namespace json = boost::json;
using tandem::json_text;

TEST(json_text, writes_numbers_as_people_do) {
  EXPECT_EQ(json_text(64.0), "64");
  EXPECT_EQ(json_text(1e6), "1000000") << "not 1e+06";
  EXPECT_EQ(json_text(123456789.25), "123456789.25");
  EXPECT_EQ(json_text(0.25), "0.25");
  EXPECT_EQ(json_text(0.00005), "0.00005");
  EXPECT_EQ(json_text(0.0), "0");
  EXPECT_EQ(json_text(-3.5), "-3.5");
  EXPECT_EQ(json_text(1e300), "1e+300");
  EXPECT_EQ(json_text(2.5e-9), "2.5e-09");
  EXPECT_EQ(json_text(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
}

TEST(json_text, writes_what_json_has_no_number_for_as_null) {
  EXPECT_EQ(json_text(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(json_text(std::numeric_limits<double>::quiet_NaN()), "null");
}

TEST(json_text, is_read_again_as_the_same) {
  for (const double each : {1.0 / 3, 0.1, 1e15, 1e15 - 1, 9007199254740993.0, 1e-5, 5e-324,
                            std::numeric_limits<double>::max()})
    EXPECT_EQ(json::parse(json_text(each)).to_number<double>(), each) << json_text(each);
}

TEST(json_text, keeps_the_order_of_members_and_escapes_text) {
  const json::value of{{"b", {1, 2.0, nullptr, true}}, {"a \"quoted\"", "\n"}};
  EXPECT_EQ(json_text(of), R"({"b":[1,2,null,true],"a \"quoted\"":"\n"})");
}

}  // namespace
