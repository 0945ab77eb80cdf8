// SPDX-License-Identifier: MIT
#include "asio/http_text.hpp"

#include <gtest/gtest.h>

namespace tandem {
namespace {

using query = std::map<std::string, std::string>;

TEST(http_text, a_query_is_decoded_and_the_first_of_equal_names_holds) {
  EXPECT_EQ(query_of("/explain"), query{});
  EXPECT_EQ(query_of("/explain?"), query{});
  EXPECT_EQ(query_of("/x?peer=a%20b&peer=c&most=3&flag"),
            (query{{"peer", "a b"}, {"most", "3"}, {"flag", ""}}));
  EXPECT_EQ(query_of("/x?a=b=c&=d"), (query{{"a", "b=c"}, {"", "d"}}));
}

TEST(http_text, what_is_no_escape_stays_as_it_is) {
  for (const std::string text : {"%", "%4", "%zz", "%4z", "100%", "% 41"})
    EXPECT_EQ(query_of("/x?a=" + text), (query{{"a", text}})) << text;
  EXPECT_EQ(query_of("/x?a=%41%4"), (query{{"a", "A%4"}}));
}

TEST(http_text, openmetrics_is_for_those_who_prefer_it) {
  for (const auto* accept :
       {"application/openmetrics-text", "text/plain;q=0.5, application/openmetrics-text;q=0.5",
        "application/openmetrics-text; version=1.0.0; q=0.5 , text/plain;q=0.3,*/*;q=0.2",
        "application/openmetrics-text;version=0.0.1"})
    EXPECT_TRUE(prefers_openmetrics(accept)) << accept;
  for (const auto* accept :
       {"", "*/*", "text/plain", "application/openmetrics-text;q=0",
        ",;,=;q=", "application/openmetrics-text;q=x", "text/*, application/openmetrics-text;q=0.9",
        "application/openmetrics-textual"})
    EXPECT_FALSE(prefers_openmetrics(accept)) << accept;
}

}  // namespace
}  // namespace tandem
