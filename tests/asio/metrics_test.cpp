// SPDX-License-Identifier: MIT
// Scrapes over HTTP, as a Prometheus server does them.
#include "asio/http_client.hpp"
#include "asio/loop.hpp"
#include "tandem/asio/metrics_exporter.hpp"
#include "tandem/asio/node_meter.hpp"
#include "tandem/core/counter_table.hpp"
#include "tandem/net/node.hpp"

#include <map>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace tandem;
using namespace tandem::test;

/// The answer to one scrape.
std::string get(loop& io, const metrics_exporter& exporter) {
  http_client client(io, exporter.port());
  client.send("GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(io.run_until([&] { return client.ended(); }));
  EXPECT_TRUE(client.heard().starts_with("HTTP/1.0 200 OK")) << client.heard();
  return client.heard();
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

/// The sum of a metric over its labels.
std::uint64_t sum_of(const std::map<std::string, std::string>& samples, const std::string& name,
                     const std::string& label = "") {
  std::uint64_t sum = 0;
  for (const auto& [sample, value] : samples)
    if (sample.starts_with(name + "{") && sample.find(label) != std::string::npos)
      sum += std::stoull(value);
  return sum;
}

metrics_options any_free_port() {
  metrics_options out;
  out.metrics_port = 0;
  return out;
}

TEST(metrics_exporter, shows_every_row_with_its_type_and_exact_value) {
  node_counters numbers;
  std::uint64_t next = 9'007'199'254'740'000;  // near 2^53, the last integer a sample can hold
  for (const auto& row : metric_table()) numbers.*row.field = next++;
  numbers.refused[static_cast<std::size_t>(cause::limit_reached)] = 144;
  numbers.slot_drift = 1;
  numbers.buffers = {11, 5, 3, 2};
  numbers.evicted_total = 7;
  loop io;
  metrics_exporter exporter(io.context, any_free_port(), [&] { return numbers; });
  const auto samples = samples_of(get(io, exporter));
  for (const auto& row : counter_table()) {
    const std::string name(row.metric);
    if (name.empty()) continue;
    EXPECT_EQ(samples.at(name), std::to_string(numbers.*row.field)) << name;
    EXPECT_EQ(samples.at("# TYPE " + name), row.gauge ? "gauge" : "counter");
  }
  EXPECT_EQ(samples.at("icn_p2p_refusals_total{reason=\"LimitReached\"}"), "144");
  EXPECT_EQ(samples.at("icn_p2p_refusals_total{reason=\"PerPeerLimitReached\"}"), "0");
  EXPECT_EQ(samples.at("# TYPE icn_p2p_refusals_total"), "counter");
  EXPECT_EQ(samples.at("icn_p2p_slot_drift"), "1");
  EXPECT_EQ(samples.at("icn_p2p_buffer_bytes"), "11");
  EXPECT_EQ(samples.at("icn_p2p_buffer_bytes_beyond_shares"), "5");
  EXPECT_EQ(samples.at("icn_p2p_buffers_refused_total"), "3");
  EXPECT_EQ(samples.at("icn_p2p_buffers_reset_total"), "2");
  EXPECT_EQ(samples.at("icn_p2p_evictions_total"), "7");
  EXPECT_EQ(samples.at("icn_p2p_offline"), "0");
}

TEST(metrics_exporter, shows_the_counters_of_the_program_as_well) {
  loop io;
  std::uint64_t lost = 41;
  metrics_exporter exporter(io.context, any_free_port(), [] { return manager_counters(); },
                            {{{"program_lost_total", "What was lost.", [&] { return lost; }}}});
  ++lost;
  const auto samples = samples_of(get(io, exporter));
  EXPECT_EQ(samples.at("program_lost_total"), "42");
  EXPECT_EQ(samples.at("# TYPE program_lost_total"), "counter");
}

TEST(metrics_exporter, says_where_it_cannot_listen) {
  loop io;
  const auto taken = std::move(io.net->listen(any_port).value());
  metrics_options options;
  options.metrics_port = taken->local_endpoint().port;
  try {
    metrics_exporter exporter(io.context, options, [] { return manager_counters(); });
    FAIL() << "listened twice";
  } catch (const std::runtime_error& error) {
    const std::string said = error.what();
    EXPECT_NE(said.find("127.0.0.1:" + std::to_string(options.metrics_port)), std::string::npos)
        << said;
    EXPECT_NE(said.find("in use"), std::string::npos) << said;
  }
  options.metrics_address = "localhost";
  EXPECT_THROW(metrics_exporter(io.context, options, [] { return manager_counters(); }),
               std::runtime_error);
}

TEST(metrics_exporter, agrees_exactly_with_the_ledger_of_a_node) {
  loop io;
  const auto make = [&](std::uint64_t index, std::vector<endpoint> listen,
                        node_observer* observer = nullptr) {
    node_options options;
    options.self = identity::of_node(7, index);
    options.security = {security::plaintext};
    options.listen = std::move(listen);
    options.manager.max_connections = index == 1 ? 3 : 256;
    auto made = std::make_unique<node>(*io.net, options, observer);
    made->start();
    return made;
  };
  node_meter meter;
  const auto server = make(1, {any_port}, &meter);
  meter.watch(*server, io.net->clock());
  metrics_exporter exporter(io.context, any_free_port(), counters_of(*server), {.meter = &meter});
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

  clients.push_back(make(7, {}));
  clients.back()->dial(server->self().id(), dial);
  ASSERT_TRUE(io.run_until([&] { return ledger.active_connections == 1; }));
  server->disconnect(clients.back()->self().id());
  server->dial(server->self().id(), dial);  // refused
  dial.addresses = {std::move(io.net->listen(any_port).value())->local_endpoint()};
  server->dial(identity::of_node(7, 8).id(), dial);  // nobody listens there any more
  {
    http_client stranger(io, server->listening()[0].port);
    stranger.send("GET");
    ASSERT_TRUE(io.run_until([&] { return stranger.ended(); }));
  }
  ASSERT_TRUE(io.run_until([&] { return ledger.closed_total == 4 && ledger.failed_total == 2; }));
  io.run_for(50ms);

  auto samples = samples_of(get(io, exporter));
  for (const auto& row : metric_table())
    EXPECT_EQ(samples[std::string(row.metric)], std::to_string(ledger.*row.field)) << row.name;
  EXPECT_EQ(samples["icn_p2p_connections_established_total"], "4");
  EXPECT_EQ(samples["icn_p2p_connection_limit"], "3");
  EXPECT_EQ(samples["icn_p2p_refusals_total{reason=\"LimitReached\"}"], "2");
  EXPECT_EQ(samples["icn_p2p_refusals_total{reason=\"SelfDial\"}"], "1");
  EXPECT_EQ(samples["icn_p2p_slot_drift"], "0");

  EXPECT_EQ(samples["icn_p2p_closes_total{side=\"remote\",cause=\"RemoteClosed\"}"], "3");
  EXPECT_EQ(samples["icn_p2p_closes_total{side=\"local\",cause=\"Requested\"}"], "1");
  EXPECT_EQ(sum_of(samples, "icn_p2p_closes_total"), ledger.closed_total);
  const auto refused_here = std::accumulate(ledger.refused.begin(), ledger.refused.end(), 0U);
  EXPECT_EQ(sum_of(samples, "icn_p2p_refusals_total"), refused_here);
  // The dial that was refused is none that failed to the ledger.
  EXPECT_EQ(samples["icn_p2p_dials_failed_total{cause=\"SelfDial\"}"], "1");
  EXPECT_EQ(samples["icn_p2p_dials_failed_total{cause=\"ConnectionRefused\"}"], "1");
  EXPECT_EQ(sum_of(samples, "icn_p2p_dials_failed_total") - 1 +
                sum_of(samples, "icn_p2p_handshakes_failed_total", "inbound"),
            ledger.failed_total);
  EXPECT_GT(ledger.bytes_received, 3000U);
}

/// A peer that nobody can reach is dialled; what the gauges say before and after `forgive`.
std::pair<std::string, std::string> gauge_of(const std::string& name, manager_options options,
                                             const std::function<void(node&)>& forgive) {
  loop io;
  node_options of_node;
  of_node.self = identity::of_node(7, 1);
  of_node.manager = options;
  node_meter meter;
  node dialer(*io.net, of_node, &meter);
  meter.watch(dialer, io.net->clock());
  dialer.start();
  metrics_exporter exporter(io.context, any_free_port(), counters_of(dialer), {.meter = &meter});
  dial_options dial;
  dial.addresses = {std::move(io.net->listen(any_port).value())->local_endpoint()};
  dialer.dial(identity::of_node(7, 2).id(), dial);
  EXPECT_TRUE(io.run_until([&] { return dialer.manager().counters().failed_total == 1; }));
  auto before = samples_of(get(io, exporter))[name];
  forgive(dialer);
  io.run_for(20ms);
  return {before, samples_of(get(io, exporter))[name]};
}

TEST(node_meter, leaves_nobody_alone_any_more_whom_the_manager_forgave) {
  manager_options backs_off;
  backs_off.backoff_base = backs_off.backoff_cap = 1h;
  manager_options breaks = backs_off;
  breaks.breaker_failures = 1;
  const auto changed = [](node& of) { of.network_changed(); };
  const auto overridden = [](node& of) { of.override_backoff(identity::of_node(7, 2).id()); };
  const auto another = [](node& of) { of.override_backoff(identity::of_node(7, 3).id()); };
  const std::string backoffs = "icn_p2p_peers_backing_off";
  const std::string open = "icn_p2p_circuits{state=\"open\"}";
  const std::string half = "icn_p2p_circuits{state=\"half_open\"}";
  using was_and_is = std::pair<std::string, std::string>;
  EXPECT_EQ(gauge_of(backoffs, backs_off, changed), was_and_is("1", "0"));
  EXPECT_EQ(gauge_of(backoffs, backs_off, overridden), was_and_is("1", "0"));
  EXPECT_EQ(gauge_of(backoffs, backs_off, another), was_and_is("1", "1"));
  EXPECT_EQ(gauge_of(open, breaks, changed), was_and_is("1", "0"));
  EXPECT_EQ(gauge_of(open, breaks, overridden), was_and_is("1", "0"));
  EXPECT_EQ(gauge_of(open, breaks, another), was_and_is("1", "1"));
  EXPECT_EQ(gauge_of(half, breaks, overridden), was_and_is("0", "1"));
}

}  // namespace
