// SPDX-License-Identifier: GPL-2.0-only
// Each security on ns-3's TCP, over a satellite and with losses: what sessions do in memory holds.
#include "node/village.hpp"
#include "tandem/packet/fabric.hpp"
#include "two_hosts.hpp"

namespace tandem::packet {
namespace {

using test::bytes_of;

/// A node that listens and one that dials it, 600 ms of round trip and 2 % of loss apart.
class secured_far : public testing::TestWithParam<security> {
 protected:
  void begin(sim::host_index host, std::unique_ptr<node>& into) {
    node_options options;
    options.self = identity::of_node(1, host);
    options.seed = host;
    options.security = {GetParam()};
    options.entropy = [next =
                           static_cast<std::uint8_t>(host)](std::span<std::uint8_t> into) mutable {
      for (auto& byte : into) byte = next = static_cast<std::uint8_t>(next * 5 + 3);
    };
    options.listen = {net.fabric->listen_address(host)};
    into = std::make_unique<node>(net.fabric->host(host), options, &says[host]);
    into->start();
  }
  void SetUp() override {
    begin(0, dialer);
    begin(1, server);
    server->handle("/echo", request_handler([](received_request asked) {
                     auto bytes = asked.bytes;
                     asked.answer(std::move(bytes));
                   }));
    dial_options to;
    to.addresses = {net.fabric->listen_address(1)};
    dialer->dial(there, to);
    net.run(30s);
    ASSERT_EQ(says[0].count(notice::connection_established), 1U);
  }

  const peer_id there = identity::of_node(1, 1).id();
  two_hosts net{{.latency = 300ms, .loss = 0.02}, 7};
  test::recorder says[2];
  std::unique_ptr<node> dialer, server;
};
INSTANTIATE_TEST_SUITE_P(by, secured_far, testing::ValuesIn(every_security),
                         [](const auto& info) { return std::string(name_of(info.param)); });

TEST_P(secured_far, connects_within_the_round_trips_it_takes_and_what_loss_adds) {
  const auto ready = says[0].only(notice::connection_established).when;
  const int round_trips = GetParam() == security::plaintext ? 3 : 4;
  EXPECT_GE(ready, start + round_trips * 600ms);
  EXPECT_LE(ready, start + round_trips * 600ms + 6s);
}

TEST_P(secured_far, brings_a_large_request_back_whole) {
  const auto asked = bytes_of(std::string(200'000, 'q'));
  std::vector<std::byte> answer;
  error_code error = asio::error::in_progress;
  dialer->request(there, "/echo", asked,
                  [&](error_code failed, std::vector<std::byte> bytes) {
                    error = failed;
                    answer = std::move(bytes);
                  },
                  {.within = 300s});
  net.run(400s);
  EXPECT_EQ(error, error_code());
  EXPECT_TRUE(answer == asked) << answer.size();
}

TEST_P(secured_far, tells_who_is_there_and_how_far) {
  error_code asked = asio::error::in_progress, pinged = asked;
  duration trip{};
  dialer->identify(there, [&](error_code error, const peer_facts& said) {
    asked = error;
    EXPECT_EQ(said.agent, "tandem");
  });
  dialer->ping(there, [&](error_code error, duration took) {
    pinged = error;
    trip = took;
  });
  net.run(45s);
  EXPECT_EQ(asked, error_code());
  EXPECT_EQ(pinged, error_code());
  EXPECT_GE(trip, 600ms);
  EXPECT_LE(trip, 10s);
}

TEST_P(secured_far, ends_when_it_is_idle_and_both_know_why) {
  net.run(120s);
  EXPECT_EQ(says[0].count(notice::connection_closed), 1U);
  EXPECT_EQ(says[1].count(notice::connection_closed), 1U);
  for (const auto& each : says)
    EXPECT_EQ(each.only(notice::connection_closed).what.why, cause::idle_timeout);
}

}  // namespace
}  // namespace tandem::packet
