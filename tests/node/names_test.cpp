// SPDX-License-Identifier: MIT
// Dials by name, in virtual time: what is asked, when what was found is tried, and why a dial
// fails.
#include "net/node/name_search.hpp"
#include "node/simulated_names.hpp"
#include "node/village.hpp"

#include <gmock/gmock.h>

namespace {

using namespace tandem;
using namespace tandem::test;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr duration d = 10ms;  // one way
constexpr auto a = record_kind::a;
constexpr auto aaaa = record_kind::aaaa;
constexpr endpoint nobody_v6{{0x20, 0x01, 0x0d, 0xb8}, 7, true};

/// A client that dials a server by names.
class names : public testing::Test {
 protected:
  names() {
    server = town.add();
    client.host = town.net->add_host();
    auto& net = town.net->host(client.host);
    system = std::make_unique<simulated_names>(net);
    auto options = village::options_of(client.host);
    options.names = system->source();
    client.node = std::make_unique<node>(net, options, client.heard.get());
    client.node->start();
    at_server = town.net->listen_address(server.host);
  }

  peer_id peer() const { return village::id_of(server); }
  host_name name(name_kind kind, const std::string& text) const {
    return {kind, text, kind == name_kind::dnsaddr ? std::uint16_t{0} : at_server.port};
  }
  request_id dial(name_kind kind, const std::string& text, time_point deadline = never) {
    dial_options how;
    how.names = {name(kind, text)};
    how.deadline = deadline;
    return client.node->dial(peer(), how);
  }
  time_point established() {
    town.run_until(at(100s));
    return client.heard->only(notice::connection_established).when;
  }
  heard failed() {
    town.run_until(at(100s));
    return client.heard->only(notice::dial_failed);
  }
  std::vector<std::string> asked_names() const {
    std::vector<std::string> out;
    for (const auto& [when, what] : system->asked) out.push_back(what.name);
    return out;
  }
  std::string text(const std::string& multiaddr) const {
    return "dnsaddr=" + multiaddr + "/p2p/" + to_string(peer());
  }

  village town{d};
  villager server, client;
  std::unique_ptr<simulated_names> system;
  endpoint at_server;
};

TEST_F(names, ipv4_waits_for_ipv6_as_long_as_the_resolution_delay) {
  system->say("host", a, {at_server}, 20ms);
  system->be_silent("host", aaaa);
  dial(name_kind::dns, "host");
  EXPECT_EQ(established(), at(20ms + 50ms + 6 * d));
  EXPECT_EQ(system->open(), 0U);  // taken back: the dial is over
}

TEST_F(names, both_families_are_asked_at_once_and_ipv6_is_tried_first) {
  system->say("host", a, {at_server}, 20ms);
  system->say("host", aaaa, {nobody_v6}, 60ms);
  dial(name_kind::dns, "host");
  EXPECT_GE(established(), at(60ms + 6 * d));
  EXPECT_EQ(client.heard->only(notice::dial_started).when, at(60ms));
  EXPECT_TRUE(client.heard->only(notice::dial_started).what.where.v6);
  EXPECT_EQ(client.heard->only(notice::dial_started).what.where.port, at_server.port);
  EXPECT_THAT(system->asked, UnorderedElementsAre(std::pair(at(0s), name_question{"host", a}),
                                                  std::pair(at(0s), name_question{"host", aaaa})));
}

TEST_F(names, ipv6_that_is_first_does_not_wait) {
  system->be_silent("host", a);
  system->say("host", aaaa, {nobody_v6}, 20ms);
  dial(name_kind::dns, "host", at(1s));
  town.run_until(at(20ms));
  EXPECT_EQ(client.heard->only(notice::dial_started).when, at(20ms));
}

TEST_F(names, of_one_family_are_asked_and_tried_alone) {
  system->say("host", a, {at_server}, 20ms);
  dial(name_kind::dns4, "host");
  EXPECT_EQ(established(), at(20ms + 6 * d));
  EXPECT_THAT(system->asked, ElementsAre(std::pair(at(0s), name_question{"host", a})));
}

TEST_F(names, several_answers_are_raced) {
  const auto silent = town.add();
  town.isolate(silent.host);
  system->say("host", a, {town.net->listen_address(silent.host), at_server}, 20ms);
  dial(name_kind::dns4, "host");
  EXPECT_EQ(established(), at(20ms + 250ms + 6 * d));  // attempt_delay
}

TEST_F(names, lead_to_names_and_to_addresses_of_the_peer_dialled_alone) {
  const auto other = "/p2p/" + to_string(village::id_of(client));
  system->say_texts("first",
                    {"unrelated", "dnsaddr=/dnsaddr/theirs" + other, "dnsaddr=nonsense",
                     text("/ip4/192.0.2.1/udp/4001/quic-v1"), text("/dnsaddr/second")},
                    10ms);
  system->say_texts("second", {text("/dns4/host/tcp/" + std::to_string(at_server.port))}, 10ms);
  system->say("host", a, {at_server}, 10ms);
  dial(name_kind::dnsaddr, "first");
  EXPECT_EQ(established(), at(30ms + 6 * d));
  EXPECT_THAT(asked_names(), ElementsAre("_dnsaddr.first", "_dnsaddr.second", "host"));
}

TEST_F(names, that_lead_in_a_circle_are_asked_once_each) {
  system->say_texts("first", {text("/dnsaddr/second")}, 10ms);
  system->say_texts("second", {text("/dnsaddr/first"), text("/dnsaddr/second")}, 10ms);
  dial(name_kind::dnsaddr, "first");
  EXPECT_EQ(failed().when, at(20ms));
  EXPECT_EQ(failed().what.why, cause::name_unknown);
  EXPECT_EQ(system->asked.size(), 2U);
}

TEST_F(names, are_followed_so_deep_and_no_deeper) {
  for (int i = 0; i < 10; ++i)
    system->say_texts(std::to_string(i), {text("/dnsaddr/" + std::to_string(i + 1))}, 10ms);
  dial(name_kind::dnsaddr, "0");
  EXPECT_EQ(failed().when, at(40ms));
  EXPECT_THAT(asked_names(), ElementsAre("_dnsaddr.0", "_dnsaddr.1", "_dnsaddr.2", "_dnsaddr.3"));
}

TEST_F(names, are_so_many_and_no_more) {
  std::vector<std::string> many;
  for (int i = 0; i < 100; ++i) {
    many.push_back(text("/dnsaddr/" + std::to_string(i)));
    system->say_texts(std::to_string(i),
                      {text("/dns4/a" + std::to_string(i) + "/tcp/1"),
                       text("/dns4/b" + std::to_string(i) + "/tcp/1")},
                      10ms);
  }
  system->say_texts("all", many, 10ms);
  dial(name_kind::dnsaddr, "all");
  EXPECT_EQ(failed().when, at(20ms));
  EXPECT_EQ(system->asked.size(), 32U);
  EXPECT_EQ(asked_names()[16], "_dnsaddr.15");  // of an answer, sixteen texts
  EXPECT_EQ(asked_names()[17], "a0");
}

TEST_F(names, where_no_host_is_are_left_out) {
  const auto port = std::to_string(at_server.port);
  system->say("host", a, {endpoint{}, endpoint::v4(224, 0, 0, 1, 0)}, 10ms);
  system->say_texts("all",
                    {text("/ip4/127.0.0.1/tcp/0"), text("/ip6/ff02::1/tcp/" + port),
                     text("/ip6/::/tcp/" + port), text("/dns4/host/tcp/" + port)},
                    10ms);
  dial(name_kind::dnsaddr, "all");
  EXPECT_EQ(failed().what.why, cause::name_unknown);
  EXPECT_EQ(client.heard->count(notice::dial_started), 0U);
}

TEST_F(names, of_very_many_addresses_give_some) {
  std::vector<endpoint> many;
  for (std::uint8_t i = 0; i < 200; ++i) many.push_back(endpoint::v4(10, 9, 9, i, 0));
  system->say("host", a, many, 10ms);
  std::size_t told = 0;
  auto& net = town.net->host(client.host);
  const auto source = system->source();
  const auto search = std::make_shared<name_search>(
      source, std::make_shared<tandem::clock*>(&net.clock()), peer(),
      name_search::told{[&](const std::vector<endpoint>& found) { told += found.size(); },
                        [&](cause why) { EXPECT_EQ(why, cause::none); }});
  const auto host = name(name_kind::dns4, "host");
  search->start({&host, 1});
  town.run_until(at(1s));
  EXPECT_EQ(told, name_search::addresses_max);
}

TEST_F(names, fail_by_what_was_wrong) {
  const struct {
    error_code v4, v6;
    cause why;
  } cases[] = {
      {net_error::name_unknown, net_error::name_unknown, cause::name_unknown},
      {asio::error::timed_out, net_error::name_unknown, cause::name_timeout},
      {asio::error::no_recovery, net_error::name_unknown, cause::name_failed},
      {asio::error::no_recovery, asio::error::timed_out, cause::name_timeout},
  };
  std::size_t number = 0;
  for (const auto& [v4, v6, why] : cases) {
    system->fail("host", a, v4, 10ms);
    system->fail("host", aaaa, v6, 30ms);
    dial(name_kind::dns, "host");
    town.run_for(30ms - 1ns);
    EXPECT_EQ(client.heard->count(notice::dial_failed), number);
    town.run_for(1ns);
    ASSERT_EQ(client.heard->count(notice::dial_failed), ++number);
    EXPECT_EQ(client.heard->notices.back().what.why, why);
  }
  EXPECT_EQ(client.counters().failed_total, number);
  EXPECT_EQ(client.heard->count(notice::backoff_started), 0U);  // nobody is to blame
}

TEST_F(names, are_no_longer_asked_about_when_the_dial_is_over) {
  system->be_silent("host", a);
  dial(name_kind::dns4, "host", at(3s));
  town.run_until(at(3s) - 1ns);
  EXPECT_EQ(system->open(), 1U);
  EXPECT_EQ(client.heard->count(notice::dial_failed), 0U);
  EXPECT_EQ(failed().when, at(3s));
  EXPECT_EQ(failed().what.why, cause::dial_deadline);
  EXPECT_EQ(system->open(), 0U);

  const auto request = dial(name_kind::dns4, "host");
  town.run_for(1s);
  EXPECT_EQ(system->open(), 1U);
  client.node->abandon(request);
  town.run_for(1ns);
  EXPECT_EQ(system->open(), 0U);
}

TEST_F(names, of_which_nobody_says_anything_end_the_dial_at_its_timeout) {
  auto options = client.node->manager().options();
  options.dial_timeout = 7s;
  client.node->configure(options);
  system->be_silent("host", a);
  system->be_silent("host", aaaa);
  dial(name_kind::dns, "host");
  town.run_until(at(7s) - 1ns);
  EXPECT_EQ(system->open(), 2U);
  EXPECT_EQ(client.heard->count(notice::dial_failed), 0U);
  EXPECT_EQ(failed().when, at(7s));
  EXPECT_EQ(failed().what.why, cause::dial_deadline);
  EXPECT_EQ(system->open(), 0U);
}

TEST_F(names, nobody_hears_of_when_the_node_is_gone) {
  system->be_silent("host", a);
  system->say("host", aaaa, {nobody_v6}, 10ms);
  dial(name_kind::dns, "host");
  town.run_until(at(5ms));
  client.node.reset();
  town.run_until(at(1s));
  EXPECT_EQ(system->open(), 0U);
}

TEST_F(names, are_looked_up_at_each_dial_and_what_they_stood_for_is_forgotten) {
  system->say("host", a, {at_server}, 20ms);
  dial(name_kind::dns4, "host");
  established();
  client.node->disconnect(peer());
  town.run_for(1s);
  system->fail("host", a, net_error::name_unknown, 20ms);
  client.node->dial(peer());
  town.run_for(20ms);
  EXPECT_EQ(client.heard->only(notice::dial_failed).what.why, cause::name_unknown);
  EXPECT_EQ(system->asked.size(), 2U);
}

TEST_F(names, and_addresses_are_tried_together) {
  system->be_silent("host", a);
  dial_options how;
  how.names = {name(name_kind::dns4, "host")};
  how.addresses = {at_server};
  client.node->dial(peer(), how);
  EXPECT_EQ(established(), at(6 * d));
}

TEST_F(names, lead_nowhere_without_somebody_to_ask) {
  auto other = town.add({}, false);
  dial_options how;
  how.names = {name(name_kind::dns4, "host")};
  other.node->dial(peer(), how);
  town.run_until(at(1ms));
  EXPECT_EQ(other.heard->only(notice::dial_failed).what.why, cause::name_failed);
}

}  // namespace
