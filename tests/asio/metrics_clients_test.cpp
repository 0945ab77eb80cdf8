// SPDX-License-Identifier: MIT
// The clients of the metrics endpoint: nobody keeps another from it, and nobody stays for ever.
#include "asio/few_descriptors.hpp"
#include "asio/metrics_endpoint.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace tandem;
using namespace tandem::test;

TEST(metrics_clients, silent_and_slow_clients_delay_nobody) {
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

/// Asks for so much that the answers fill what the system holds for it, and takes none.
class deaf_client {
 public:
  explicit deaf_client(endpoint_under_test& at) : socket_(at.io.context) {
    socket_.open(asio::ip::tcp::v4());
    socket_.set_option(asio::socket_base::receive_buffer_size(4096));
    socket_.connect({asio::ip::address_v4::loopback(), at.exporter->port()});
    socket_.non_blocking(true);
    std::string many;
    for (int i = 0; i < requests; ++i) many += get_metrics;
    error_code full;
    socket_.write_some(asio::buffer(many), full);
    // What is made for it at most; nothing is before it takes what there is.
    for (int before = -1; before != at.asked; at.io.run_for(20ms)) before = at.asked;
  }
  /// Whether the other side has ended the connection, once what came before was read.
  bool ended() {
    error_code error;
    std::array<char, 65536> piece;
    while (!error) socket_.read_some(asio::buffer(piece), error);
    return error != asio::error::would_block;
  }

  static constexpr int requests = 1500;

 private:
  asio::ip::tcp::socket socket_;
};

TEST(metrics_clients, who_does_not_read_its_answers_delays_nobody) {
  endpoint_under_test at;
  std::vector<std::unique_ptr<deaf_client>> deaf;
  for (int i = 0; i < 40; ++i) {  // more than are served at a time
    deaf.push_back(std::make_unique<deaf_client>(at));
    EXPECT_LT(at.asked, (i + 1) * deaf_client::requests) << i;
    at.asked = 0;
  }
  EXPECT_TRUE(at.serves());
  EXPECT_TRUE(deaf.front()->ended());  // it gave way
}

TEST(metrics_clients, who_says_nothing_or_never_ends_is_closed_in_time) {
  endpoint_under_test at({"127.0.0.1", 0, 300ms, 1h, 1h});
  const auto began = std::chrono::steady_clock::now();
  auto silent = at.connect(), slow = at.connect(), quick = at.connect();
  quick.send(get_metrics);
  slow.send("GET /metrics HTTP/1.1\r\nSlow: ");
  EXPECT_TRUE(at.io.run_until([&] {
    at.io.run_for(10ms);
    if (!slow.ended()) slow.send("x");
    return silent.ended() && slow.ended();
  }));
  EXPECT_GE(std::chrono::steady_clock::now() - began, 300ms);
  EXPECT_EQ(slow.heard() + silent.heard(), "");
  EXPECT_FALSE(quick.ended());
  EXPECT_EQ(quick.count(end_of_page), 1U);
}

TEST(metrics_clients, a_connection_that_is_not_used_again_is_closed_in_time) {
  endpoint_under_test at({"127.0.0.1", 0, 1h, 1h, 300ms});
  auto silent = at.connect(), once = at.connect();
  once.send(get_metrics);
  ASSERT_TRUE(at.io.run_until([&] { return once.count(end_of_page) == 1; }));
  const auto answered = std::chrono::steady_clock::now();
  EXPECT_TRUE(at.io.run_until([&] { return once.ended(); }));
  EXPECT_GE(std::chrono::steady_clock::now() - answered, 250ms);  // it heard a little late
  EXPECT_FALSE(silent.ended());
}

TEST(metrics_clients, who_does_not_take_its_answer_is_closed_in_time) {
  endpoint_under_test patient({"127.0.0.1", 0, 1h, 1h, 1h}), at({"127.0.0.1", 0, 1h, 300ms, 1h});
  deaf_client waited_for(patient), deaf(at);
  at.io.run_for(400ms);
  EXPECT_TRUE(at.io.run_until([&] { return deaf.ended(); }));
  EXPECT_FALSE(waited_for.ended());
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

TEST(metrics_clients, a_scrape_is_answered_when_descriptors_are_out) {
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

TEST(metrics_clients, waits_without_work_until_a_descriptor_is_free) {
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

TEST(metrics_clients, ends_at_once_whoever_is_connected) {
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

TEST(metrics_clients, may_be_destroyed_before_anything_ran) {
  loop io;
  metrics_exporter(io.context, {"127.0.0.1", 0}, [] { return manager_counters(); });
  auto other = std::make_unique<metrics_exporter>(io.context, metrics_options{"127.0.0.1", 0},
                                                  [] { return manager_counters(); });
  http_client client(io, other->port());
  other.reset();
}

}  // namespace
