// SPDX-License-Identifier: MIT
// The metrics endpoint as a server of HTTP: what it answers, and where.
#include "asio/metrics_endpoint.hpp"

#include <boost/asio/ip/v6_only.hpp>

#include <string>

namespace {

using namespace tandem;
using namespace tandem::test;

std::string field_of(const std::string& answer, const std::string& name) {
  const auto at = answer.find("\r\n" + name + ": ");
  if (at == answer.npos) return "none";
  const auto begin = at + name.size() + 4;
  return answer.substr(begin, answer.find("\r\n", begin) - begin);
}
std::string body_of(const std::string& answer) {
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

TEST(metrics_http, get_says_what_it_is_and_how_long) {
  endpoint_under_test at;
  const auto got = at.answer_to("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(got.starts_with("HTTP/1.1 200 OK\r\n")) << got;
  EXPECT_EQ(field_of(got, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(field_of(got, "Content-Length"), std::to_string(body_of(got).size()));
  EXPECT_EQ(field_of(got, "Connection"), "close");
}

TEST(metrics_http, head_is_get_without_the_page) {
  endpoint_under_test at;
  const std::string rest = " /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  const auto got = at.answer_to("GET" + rest);
  const auto head = at.answer_to("HEAD" + rest);
  EXPECT_EQ(head, got.substr(0, got.find("\r\n\r\n") + 4));
}

TEST(metrics_http, finds_the_path_in_every_form_of_target) {
  endpoint_under_test at;
  const auto status = [&](const std::string& target) {
    return at.answer_to("GET " + target + " HTTP/1.0\r\n\r\n").substr(9, 3);
  };
  for (const auto* target : {"/metrics", "/metrics?name[]=up", "http://localhost:9100/metrics"})
    EXPECT_EQ(status(target), "200") << target;
  for (const auto* target : {"/", "/metric", "/metricsx", "/metrics/", "/x?/metrics",
                             "http://localhost", "http://metrics", "metrics"})
    EXPECT_EQ(status(target), "404") << target;
  EXPECT_EQ(at.answer_to("POST / HTTP/1.0\r\n\r\n").substr(9, 3), "404");
}

TEST(metrics_http, other_methods_are_not_allowed) {
  endpoint_under_test at;
  for (const std::string method : {"POST", "PUT", "DELETE", "OPTIONS", "BREW"}) {
    const auto got = at.answer_to(method + " /metrics HTTP/1.0\r\n\r\n");
    EXPECT_EQ(got.substr(9, 3), "405") << method;
    EXPECT_EQ(field_of(got, "Allow"), "GET, HEAD");
  }
  // A request's body is no next request.
  const auto got = at.answer_to(
      "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\nGET /metrics HTTP/1.1\r\n");
  EXPECT_EQ(got.substr(9, 3), "405");
  EXPECT_EQ(got.find("HTTP/1.1", 1), got.npos) << got;
  EXPECT_EQ(at.asked, 0);
}

TEST(metrics_http, what_is_no_request_is_told_so) {
  endpoint_under_test at;
  EXPECT_EQ(at.answer_to("hello\r\n\r\n").substr(9, 3), "400");
  EXPECT_EQ(at.answer_to("GET /metrics HTTP/9.9\r\n\r\n").substr(9, 3), "400");
  const std::string cookie(20'000, 'x');
  EXPECT_EQ(at.answer_to("GET /metrics HTTP/1.1\r\nCookie: " + cookie + "\r\n\r\n").substr(9, 3),
            "431");
  EXPECT_TRUE(at.serves());
}

TEST(metrics_http, a_connection_serves_again_and_pipelined_requests_in_order) {
  endpoint_under_test at;
  auto client = at.connect();
  client.send(get_metrics);
  ASSERT_TRUE(at.io.run_until([&] { return client.count(end_of_page) == 1; }));
  client.send(
      "GET /metrics HTTP/1.1\r\n\r\nHEAD /metrics HTTP/1.1\r\n\r\nGET /no HTTP/1.1\r\n\r\nGET /m");
  ASSERT_TRUE(at.io.run_until([&] { return client.count("HTTP/1.1 404") == 1; }));
  client.send("etrics HTTP/1.1\r\nConnection: close\r\n\r\n");
  ASSERT_TRUE(at.io.run_until([&] { return client.ended(); }));
  EXPECT_EQ(client.count("HTTP/1.1 200"), 4U);
  EXPECT_EQ(client.count(end_of_page), 3U);
  EXPECT_TRUE(client.heard().ends_with(end_of_page));
  EXPECT_EQ(at.asked, 4);
}

/// Whether this host has IPv6 on loopback.
bool has_ipv6() {
  asio::io_context context;
  error_code error;
  asio::ip::tcp::acceptor probe(context);
  probe.open(asio::ip::tcp::v6(), error);
  if (!error) probe.bind({asio::ip::address_v6::loopback(), 0}, error);
  return !error;
}

TEST(metrics_http, serves_ipv6_and_both_families_at_once) {
  if (!has_ipv6()) GTEST_SKIP() << "no IPv6 here";
  for (const auto* address : {"::1", "::"}) {
    endpoint_under_test at({address, 0});
    http_client six(at.io, at.exporter->port(), asio::ip::address_v6::loopback());
    six.send(get_metrics);
    EXPECT_TRUE(at.io.run_until([&] { return six.heard().ends_with(end_of_page); })) << address;
  }
  endpoint_under_test both({"::", 0});
  EXPECT_TRUE(both.serves());  // 127.0.0.1
}

}  // namespace
