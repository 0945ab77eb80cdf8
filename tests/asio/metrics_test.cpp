// SPDX-License-Identifier: MIT
// Scrapes over HTTP, as a Prometheus server does them.
#include "tandem/net/metrics.hpp"
#include "asio/loop.hpp"
#include "tandem/asio/metrics_exporter.hpp"
#include "tandem/net/node.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <atomic>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace tandem;
using namespace tandem::test;

std::string get(std::uint16_t port) {
  asio::io_context context;
  asio::ip::tcp::socket socket(context);
  socket.connect({asio::ip::address_v4::loopback(), port});
  const std::string request = "GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n";
  asio::write(socket, asio::buffer(request));
  std::string page;
  error_code error;
  asio::read(socket, asio::dynamic_buffer(page), error);
  EXPECT_EQ(error, asio::error::eof);
  EXPECT_NE(page.find("200 OK"), std::string::npos) << page;
  return page;
}

/// Name with labels -> value as written, and `# TYPE name` -> type.
std::map<std::string, std::string> samples_of(const std::string& page) {
  std::map<std::string, std::string> out;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const auto space = line.rfind(' ');
    if (space != std::string::npos) out[line.substr(0, space)] = line.substr(space + 1);
  }
  return out;
}

metrics_options any_free_port() {
  metrics_options out;
  out.metrics_port = 0;
  return out;
}

TEST(metrics_exporter, shows_every_row_with_its_type_and_exact_value) {
  manager_counters numbers;
  std::uint64_t next = 9'007'199'254'740'000;  // near 2^53, the last integer a sample can hold
  for (const auto& row : metric_table()) numbers.*row.field = next++;
  numbers.refused[static_cast<std::size_t>(cause::limit_reached)] = 144;
  numbers.slot_drift = 1;
  numbers.evicted_total = 7;
  metrics_exporter exporter(any_free_port(), [&] { return std::optional(numbers); });
  const auto samples = samples_of(get(exporter.port()));
  for (const auto& row : metric_table()) {
    const std::string name(row.name);
    EXPECT_EQ(samples.at(name), std::to_string(numbers.*row.field)) << name;
    EXPECT_EQ(samples.at("# TYPE " + name), row.kind == metric_kind::gauge ? "gauge" : "counter");
  }
  EXPECT_EQ(samples.at("icn_p2p_refusals_total{reason=\"LimitReached\"}"), "144");
  EXPECT_EQ(samples.at("icn_p2p_refusals_total{reason=\"PerPeerLimitReached\"}"), "0");
  EXPECT_EQ(samples.at("# TYPE icn_p2p_refusals_total"), "counter");
  EXPECT_EQ(samples.at("icn_p2p_slot_drift"), "1");
  EXPECT_EQ(samples.at("icn_p2p_evictions_total"), "7");
  EXPECT_EQ(samples.at("icn_p2p_offline"), "0");
}

TEST(metrics_exporter, shows_none_of_them_when_the_node_does_not_answer) {
  loop io;
  node_options options;
  options.self = identity::of_node(7, 1);
  node stuck(*io.net, options);
  metrics_exporter exporter(any_free_port(), counters_of(stuck, 20ms));
  const auto page = get(exporter.port());
  EXPECT_EQ(page.find("icn_p2p_"), std::string::npos) << page;
}

TEST(metrics_exporter, serves_and_stops_beside_clients_that_say_nothing) {
  auto exporter = std::make_unique<metrics_exporter>(
      any_free_port(), [] { return std::optional<manager_counters>(); });
  asio::io_context context;
  std::vector<asio::ip::tcp::socket> silent;
  for (int i = 0; i < 4; ++i) {
    silent.emplace_back(context);
    silent.back().connect({asio::ip::address_v4::loopback(), exporter->port()});
  }
  auto began = std::chrono::steady_clock::now();
  get(exporter->port());
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);  // the server alone takes 60 s
  began = std::chrono::steady_clock::now();
  exporter.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
}

TEST(metrics_exporter, stops_at_once) {
  auto exporter = std::make_unique<metrics_exporter>(
      any_free_port(), [] { return std::optional<manager_counters>(); });
  get(exporter->port());
  const auto began = std::chrono::steady_clock::now();
  exporter.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 1s);  // the server alone takes 2 s
}

TEST(metrics_exporter, says_where_it_cannot_listen) {
  loop io;
  const auto taken = std::move(io.net->listen(any_port).value());
  metrics_options options;
  options.metrics_port = taken->local_endpoint().port;
  try {
    metrics_exporter exporter(options, [] { return std::nullopt; });
    FAIL() << "listened twice";
  } catch (const std::runtime_error& error) {
    const std::string said = error.what();
    EXPECT_NE(said.find("127.0.0.1:" + std::to_string(options.metrics_port)), std::string::npos)
        << said;
    EXPECT_NE(said.find("in use"), std::string::npos) << said;
  }
  options.metrics_address = "localhost";
  EXPECT_THROW(metrics_exporter(options, [] { return std::nullopt; }), std::runtime_error);
}

TEST(metrics_exporter, agrees_exactly_with_the_ledger_of_a_node) {
  loop io;
  const auto make = [&](std::uint64_t index, std::vector<endpoint> listen) {
    node_options options;
    options.self = identity::of_node(7, index);
    options.allow_plaintext = true;
    options.listen = std::move(listen);
    options.manager.max_connections = index == 1 ? 3 : 256;
    auto made = std::make_unique<node>(*io.net, options);
    made->start();
    return made;
  };
  const auto server = make(1, {any_port});
  metrics_exporter exporter(any_free_port(), counters_of(*server));
  std::vector<std::unique_ptr<node>> clients;
  dial_options dial;
  dial.addresses = server->listening();
  for (std::uint64_t i = 2; i <= 6; ++i) {
    clients.push_back(make(i, {}));
    clients.back()->dial(server->self().id(), dial);
  }
  const auto& ledger = server->manager().counters();
  const auto refused = static_cast<std::size_t>(cause::limit_reached);
  ASSERT_TRUE(io.run_until([&] {
    return ledger.active_connections == 3 && ledger.refused[refused] == 2 && ledger.lingering == 0;
  }));
  for (auto& each : clients) each->send(server->self().id(), std::vector<std::byte>(1000));
  for (auto& each : clients) each->disconnect(server->self().id());
  ASSERT_TRUE(io.run_until([&] { return ledger.closed_total == 3; }));
  io.run_for(50ms);

  std::map<std::string, std::string> samples;
  std::atomic<bool> scraped = false;
  std::thread scraper([&] {
    samples = samples_of(get(exporter.port()));
    scraped = true;
  });
  EXPECT_TRUE(io.run_until([&] { return scraped.load(); }));
  scraper.join();
  for (const auto& row : metric_table())
    EXPECT_EQ(samples[std::string(row.name)], std::to_string(ledger.*row.field)) << row.name;
  EXPECT_EQ(samples["icn_p2p_connections_established_total"], "3");
  EXPECT_EQ(samples["icn_p2p_connection_limit"], "3");
  EXPECT_EQ(samples["icn_p2p_refusals_total{reason=\"LimitReached\"}"], "2");
  EXPECT_EQ(samples["icn_p2p_slot_drift"], "0");
  EXPECT_GT(ledger.bytes_received, 3000U);
}

}  // namespace
