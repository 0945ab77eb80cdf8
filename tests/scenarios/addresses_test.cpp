// SPDX-License-Identifier: MIT
// Where nodes are: networks of their own, several addresses, IPv6, one address for several nodes,
// and another one after a restart.
#include "work_support.hpp"
#include "worlds/address_plan.hpp"

#include <gmock/gmock.h>

#include <string>

namespace tandem::scenarios {
namespace {

using testing::ElementsAre;

address_spec in(const std::string& network) { return {{*parse_address_range(network)}}; }

std::vector<std::string> texts(std::span<const endpoint> list) {
  std::vector<std::string> out;
  for (const auto& each : list) out.push_back(to_string(each));
  return out;
}

endpoint host(std::uint8_t number) { return endpoint::v4(10, 0, 0, number, 4001); }

TEST(address_plan, gives_each_node_the_next_address_of_its_network) {
  address_plan plan(4);
  const auto office = in("198.51.100.0/24");
  const auto also = in("198.51.100.0/24");
  plan.add(host(1), &office);
  plan.add(host(2), nullptr);
  plan.add(host(3), &office);
  plan.add(host(4), &also);
  EXPECT_THAT(texts(plan.of(0)), ElementsAre("198.51.100.1:4001"));
  EXPECT_THAT(texts(plan.of(1)), ElementsAre("10.0.0.2:4001"));
  EXPECT_THAT(texts(plan.of(2)), ElementsAre("198.51.100.2:4001"));
  EXPECT_THAT(texts(plan.of(3)), ElementsAre("198.51.100.3:4001"));
  EXPECT_EQ(plan.find(plan.of(2)[0]), host(3));
  EXPECT_EQ(plan.find(host(3)), std::nullopt) << "nobody is called that";
  auto closed = plan.of(2)[0];
  closed.port = 4002;
  EXPECT_EQ(plan.find(closed), endpoint::v4(10, 0, 0, 3, 1)) << "there, and nobody listens";
  EXPECT_EQ(to_string(plan.seen(2, false, 77)), "198.51.100.2:77");
}

TEST(address_plan, leaves_out_what_hosts_of_the_network_have) {
  address_plan plan(3);
  const auto wide = in("10.0.0.0/8");
  for (std::uint8_t i = 1; i < 4; ++i) plan.add(host(i), i == 2 ? nullptr : &wide);
  EXPECT_THAT(texts(plan.of(0)), ElementsAre("10.0.0.4:4001"));
  EXPECT_THAT(texts(plan.of(1)), ElementsAre("10.0.0.2:4001"));
  EXPECT_THAT(texts(plan.of(2)), ElementsAre("10.0.0.5:4001"));
}

TEST(address_plan, gives_several_and_of_both_families) {
  address_plan plan(2);
  const address_spec both{
      {*parse_address_range("198.51.100.0/24"), *parse_address_range("2001:db8::/32")}, 2};
  plan.add(host(1), &both);
  EXPECT_THAT(texts(plan.of(0)), ElementsAre("198.51.100.1:4001", "198.51.100.2:4001",
                                             "[2001:db8::1]:4001", "[2001:db8::2]:4001"));
  EXPECT_EQ(to_string(plan.seen(0, true, 9)), "[2001:db8::1]:9");
  EXPECT_EQ(plan.find(plan.of(0)[3])->port, 4002) << "IPv6 has a listener of its own";
}

TEST(address_plan, lets_nodes_take_turns_in_subnets) {
  address_plan plan(5);
  address_spec of = in("198.18.0.0/15");
  of.subnets = 2;
  for (std::uint8_t i = 1; i <= 3; ++i) plan.add(host(i), &of);
  EXPECT_THAT(texts(plan.of(0)), ElementsAre("198.18.0.1:4001"));
  EXPECT_THAT(texts(plan.of(1)), ElementsAre("198.18.1.1:4001"));
  EXPECT_THAT(texts(plan.of(2)), ElementsAre("198.18.0.2:4001"));
}

TEST(address_plan, gives_one_address_to_several_each_with_its_port) {
  address_plan plan(5);
  address_spec home = in("203.0.113.0/24");
  home.behind_one = 2;
  for (std::uint8_t i = 1; i <= 3; ++i) plan.add(host(i), &home);
  EXPECT_THAT(texts(plan.of(0)), ElementsAre("203.0.113.1:4001"));
  EXPECT_THAT(texts(plan.of(1)), ElementsAre("203.0.113.1:4002"));
  EXPECT_THAT(texts(plan.of(2)), ElementsAre("203.0.113.2:4001"));
  EXPECT_EQ(plan.find(plan.of(1)[0]), host(2));
  // Both may have the port 40000 of their own; outside they cannot.
  EXPECT_EQ(to_string(plan.seen(0, false, 40000)), "203.0.113.1:1024");
  EXPECT_EQ(to_string(plan.seen(1, false, 40000)), "203.0.113.1:1025");
}

TEST(address_plan, leaves_nobody_where_a_node_was) {
  address_plan plan(2);
  const auto office = in("198.51.100.0/30");
  plan.add(host(1), &office);
  plan.add(host(2), nullptr);
  const auto before = plan.of(0)[0];
  plan.move(0);
  EXPECT_THAT(texts(plan.of(0)), ElementsAre("198.51.100.2:4001"));
  EXPECT_EQ(plan.find(before), std::nullopt);
  plan.move(0);
  EXPECT_THAT(texts(plan.of(0)), ElementsAre("198.51.100.1:4001")) << "free again";
  plan.move(1);
  EXPECT_THAT(texts(plan.of(1)), ElementsAre("10.128.0.1:4001"));
  EXPECT_EQ(plan.find(host(2)), std::nullopt);
}

class addresses : public testing::TestWithParam<std::string> {
 protected:
  /// Ten clients dial a server that counts all networks, 10 ms away.
  static std::string clients_in(const std::string& networks, const std::string& limits,
                                const std::string& expected) {
    return "scenario: s\nduration: 30s\nlinks: {default: {latency: 10ms}}\ngroups:\n"
           "  server: {listen: true, addresses: 192.0.2.1, manager: {subnet_exempt: none, " +
           limits + "}}\n  clients: {count: 10, addresses: " + networks +
           "}\nworkload:\n  - dial: {from: clients, to: server}\nexpectations:\n" + expected;
  }
  run_result check(const std::string& text) { return run_of(text, GetParam()); }
};

TEST_P(addresses, are_what_limits_of_networks_count) {
  const std::string two = "max_connections_per_narrow_subnet: 2";
  const std::string refused =
      "  - server.refusals.SubnetLimitReached == 8\n  - server.icn_p2p_active_connections == 2\n";
  const std::string all = "  - server.icn_p2p_active_connections == 10\n";
  check(clients_in("{in: 198.51.100.0/24, behind_one: 10}", two, refused));
  check(clients_in("198.51.100.0/24", two, all));
  // Neighbours share a /64; of ten /48 each has one.
  check(clients_in("2001:db8::/32", two, refused));
  check(clients_in("{in: 2001:db8::/32, subnets: 10}", two, all));
  const std::string four = "max_connections_per_narrow_subnet: 4, max_connections_per_wide_subnet: 4";
  check(clients_in("{in: 198.18.0.0/15, subnets: 2}", four,
                   "  - server.icn_p2p_active_connections == 8\n"));
}

// Whoever dials one of them means one peer: another would fail the handshake.
TEST_P(addresses, of_several_nodes_lead_to_each) {
  check(
      "scenario: s\nduration: 30s\ngroups:\n"
      "  homes: {count: 6, listen: true, addresses: {in: 203.0.113.0/24, behind_one: 3}}\n"
      "  dual: {count: 2, listen: true, addresses: [198.51.100.0/24, 2001:db8::/32]}\n"
      "  clients: {count: 2, addresses: 2001:db8:1::/48}\nworkload:\n"
      "  - keep_connected: {from: clients, to: homes, neighbours: all}\n"
      "  - keep_connected: {from: homes, to: dual, neighbours: all}\n"
      "  - keep_connected: {from: dual, to: homes, neighbours: all}\nexpectations:\n"
      "  - clients.icn_p2p_connected_peers == 12\n  - dual.icn_p2p_connected_peers == 12\n"
      "  - homes.dials_failed == 0\n");
}

// 56 of 64 lead nowhere, and a dial tries 16.
TEST_P(addresses, that_are_dead_give_way_to_those_that_are_not) {
  check(
      "scenario: s\nduration: 5m\nlinks: {default: {latency: 10ms}}\ngroups:\n"
      "  server: {listen: true, stale_addresses: {silent: 56}, addresses: {in: 198.51.100.0/24, "
      "each: 8}}\n  client: {}\nworkload:\n  - keep_connected: {from: client, to: server}\n"
      "expectations:\n  - client.icn_p2p_active_connections == 1\n"
      "  - client.address_attempts >= 17\n  - client.address_attempts <= 64\n");
}

TEST_P(addresses, can_be_others_after_a_restart) {
  const auto denied = [](const std::string& restart) {
    return "scenario: s\nduration: 35s\nlinks: {default: {latency: 10ms}}\ngroups:\n"
           "  server: {listen: true, addresses: 192.0.2.0/24}\n"
           "  client: {addresses: 203.0.113.0/24}\nworkload:\n"
           "  - deny: {nodes: server, network: 203.0.113.1}\n"
           "  - dial: {from: client, to: server, at: 1s}\n"
           "  - restart: {nodes: client, at: 10s" +
           restart + "}\n  - dial: {from: client, to: server, at: 20s}\n";
  };
  check(denied("") + "expectations:\n  - server.refusals.Denied == 2\n");
  check(denied(", address: new") +
        "expectations:\n  - server.refusals.Denied == 1\n"
        "  - client.icn_p2p_active_connections == 1\n");
  // Who listens can move, too, with or without addresses of its own.
  for (const std::string own : {"", ", addresses: 192.0.2.0/24"})
    check("scenario: s\nduration: 35s\ngroups:\n  server: {listen: true" + own +
          "}\n  client: {}\nworkload:\n  - keep_connected: {from: client, to: server}\n"
          "  - restart: {nodes: server, at: 10s, address: new}\nexpectations:\n"
          "  - client.icn_p2p_connections_established_total == 2\n"
          "  - client.icn_p2p_active_connections == 1\n");
}

INSTANTIATE_TEST_SUITE_P(of, addresses, testing::ValuesIn(virtual_levels()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tandem::scenarios
