// SPDX-License-Identifier: MIT
// The metrics endpoint as a server of HTTP: what it answers, and whom nobody can keep from it.
#include "asio/few_descriptors.hpp"
#include "asio/http_client.hpp"
#include "asio/loop.hpp"
#include "tandem/asio/metrics_exporter.hpp"

#include <boost/asio/ip/v6_only.hpp>

#include <memory>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace tandem;
using namespace tandem::test;

constexpr const char* get_metrics = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
// The last sample of a page.
constexpr const char* end_of_page = "icn_p2p_buffers_reset_total 0\n";

/// An exporter on a loop of its own; counts how often it was asked.
struct endpoint_under_test {
  loop io;
  int asked = 0;
  std::unique_ptr<metrics_exporter> exporter;

  explicit endpoint_under_test(std::string address = "127.0.0.1") {
    exporter = std::make_unique<metrics_exporter>(io.context,
                                                  metrics_options{std::move(address), 0}, [this] {
                                                    ++asked;
                                                    return manager_counters();
                                                  });
  }

  http_client connect() { return {io, exporter->port()}; }
  /// What comes back until the other side ends.
  std::string answer_to(std::string_view request) {
    auto client = connect();
    client.send(request);
    EXPECT_TRUE(io.run_until([&] { return client.ended(); })) << client.heard();
    return client.heard();
  }
  bool serves() {
    auto client = connect();
    client.send(get_metrics);
    return io.run_until([&] { return client.heard().ends_with(end_of_page); });
  }
};

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

TEST(metrics_http, silent_and_slow_clients_delay_nobody) {
  endpoint_under_test at;
  std::vector<http_client> others;
  for (int i = 0; i < 200; ++i) {
    others.push_back(at.connect());
    if (i % 2 == 0) others.back().send("GET /metr");
    at.io.run_for(1ms);
  }
  EXPECT_TRUE(at.serves());
  const auto ended = [&] { return std::ranges::count_if(others, &http_client::ended); };
  EXPECT_TRUE(at.io.run_until([&] { return ended() >= 200 - 32; }));  // the oldest gave way
  EXPECT_TRUE(others.front().ended());
  EXPECT_FALSE(others.back().ended());
  others.back().send("GET /metrics HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(at.io.run_until([&] { return others.back().ended(); }));
  EXPECT_TRUE(others.back().heard().ends_with(end_of_page));
}

TEST(metrics_http, who_does_not_read_its_answers_delays_nobody) {
  endpoint_under_test at;
  std::vector<std::unique_ptr<asio::ip::tcp::socket>> deaf;
  std::string many;
  for (int i = 0; i < 1000; ++i) many += get_metrics;
  for (int i = 0; i < 20; ++i) {
    auto& each = *deaf.emplace_back(std::make_unique<asio::ip::tcp::socket>(at.io.context));
    each.open(asio::ip::tcp::v4());
    each.set_option(
        asio::socket_base::receive_buffer_size(4096));  // what the system holds is little
    each.connect({asio::ip::address_v4::loopback(), at.exporter->port()});
    each.non_blocking(true);
    error_code full;
    each.write_some(asio::buffer(many), full);
  }
  EXPECT_TRUE(at.serves());
  for (int before = -1; before != at.asked; at.io.run_for(100ms)) before = at.asked;
  EXPECT_LT(at.asked, 20'000);  // nothing is made for them before they take what there is
  EXPECT_TRUE(at.serves());
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
    endpoint_under_test at(address);
    http_client six(at.io, at.exporter->port(), asio::ip::address_v6::loopback());
    six.send(get_metrics);
    EXPECT_TRUE(at.io.run_until([&] { return six.heard().ends_with(end_of_page); })) << address;
  }
  endpoint_under_test both("::");
  EXPECT_TRUE(both.serves());  // 127.0.0.1
}

/// A socket of its own for a connection that is made when there are no descriptors.
struct ready_client {
  explicit ready_client(loop& io) : socket(io.context) { socket.open(asio::ip::tcp::v4()); }
  void ask(std::uint16_t port) {
    socket.connect({asio::ip::address_v4::loopback(), port});
    asio::write(socket, asio::buffer(std::string_view(get_metrics)));
    socket.non_blocking(true);
  }
  bool answered() {
    error_code error;
    std::array<char, 4096> piece;
    while (!error) heard.append(piece.data(), socket.read_some(asio::buffer(piece), error));
    ended = error != asio::error::would_block;
    return heard.ends_with(end_of_page);
  }
  asio::ip::tcp::socket socket;
  std::string heard;
  bool ended = false;
};

TEST(metrics_http, a_scrape_is_answered_when_descriptors_are_out) {
  endpoint_under_test at;
  ready_client first(at.io), silent(at.io), second(at.io);
  const few_descriptors none(0);
  first.ask(at.exporter->port());
  EXPECT_TRUE(at.io.run_until([&] { return first.answered(); }));
  at.io.run_for(50ms);
  EXPECT_TRUE(first.answered());
  EXPECT_FALSE(first.ended);  // nobody else came
  // It keeps its connection, and with it the descriptor held back; so does one that says nothing.
  silent.socket.connect({asio::ip::address_v4::loopback(), at.exporter->port()});
  second.ask(at.exporter->port());
  EXPECT_TRUE(at.io.run_until([&] { return second.answered(); }));
}

TEST(metrics_http, waits_without_work_until_a_descriptor_is_free) {
  loop io;
  ready_client client(io);
  std::unique_ptr<metrics_exporter> exporter;
  {
    const few_descriptors one(1);  // for the listener: nothing is held back
    exporter = std::make_unique<metrics_exporter>(io.context, metrics_options{"127.0.0.1", 0},
                                                  [] { return manager_counters(); });
    client.ask(exporter->port());
    std::size_t steps = 0;
    const auto end = std::chrono::steady_clock::now() + 1s;
    while (std::chrono::steady_clock::now() < end) {
      io.context.restart();
      steps += io.context.run_one_until(end);
    }
    EXPECT_LE(steps, 100U);
    EXPECT_FALSE(client.answered());
  }
  EXPECT_TRUE(io.run_until([&] { return client.answered(); }));
}

TEST(metrics_http, ends_at_once_whoever_is_connected) {
  endpoint_under_test at;
  std::vector<http_client> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(at.connect());
  clients[0].send(get_metrics);
  ASSERT_TRUE(at.io.run_until([&] { return clients[0].count(end_of_page) == 1; }));
  at.io.run_for(20ms);
  for (int i = 1; i < 5; ++i) clients[i].send("GET /met");
  for (int i = 5; i < 8; ++i) clients[i].send(get_metrics);  // not looked at before the end
  const auto port = at.exporter->port();
  at.exporter.reset();
  EXPECT_TRUE(at.io.run_until([&] { return std::ranges::all_of(clients, &http_client::ended); }));
  EXPECT_EQ(at.asked, 1);
  metrics_exporter again(at.io.context, {"127.0.0.1", port}, [] { return manager_counters(); });
}

TEST(metrics_http, may_be_destroyed_before_anything_ran) {
  loop io;
  metrics_exporter(io.context, {"127.0.0.1", 0}, [] { return manager_counters(); });
  auto other = std::make_unique<metrics_exporter>(io.context, metrics_options{"127.0.0.1", 0},
                                                  [] { return manager_counters(); });
  http_client client(io, other->port());
  other.reset();
}

}  // namespace
