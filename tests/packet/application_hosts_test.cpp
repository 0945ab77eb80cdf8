// SPDX-License-Identifier: GPL-2.0-only
// Several applications on one host, and hosts of several addresses.
#include "app/host_addresses.hpp"
#include "pair_of_applications.hpp"

#include <gmock/gmock.h>
#include <ns3/inet-socket-address.h>
#include <ns3/integer.h>
#include <ns3/ipv4.h>
#include <ns3/log.h>
#include <ns3/names.h>
#include <ns3/uinteger.h>

#include <functional>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace tandem::packet {
namespace {

using ns3::Seconds;
using ns3::Simulator;
using ns3::UintegerValue;
using node = ns3::TandemNode;

/// Peers whose connections an application hears of.
std::vector<std::string> connected_to(const ns3::Ptr<node>& application,
                                      const std::function<void()>& simulate) {
  std::vector<std::string> peers;
  application->TraceConnectWithoutContext(
      "ConnectionEstablished",
      ns3::Callback<void, const std::string&, const std::string&>(
          [&](const std::string& peer, const std::string&) { peers.push_back(peer); }));
  simulate();
  return peers;
}

TEST(applications_of_one_host, are_peers_of_their_own) {
  pair_of_applications two(true, false);
  const auto alone = two.server->GetPeerId();
  ns3::TandemNodeHelper helper;
  helper.SetAttribute("Port", UintegerValue(4002));
  const auto second = helper.Install(two.hosts.Get(1));
  EXPECT_EQ(two.server->GetPeerId(), alone);
  EXPECT_NE(second->GetPeerId(), alone);
  Simulator::Schedule(Seconds(1), &node::Dial, two.dialer, two.server);
  Simulator::Schedule(Seconds(1), &node::Dial, two.dialer, second);
  Simulator::Schedule(Seconds(2), &node::Dial, second, two.server);
  const auto peers = connected_to(second, [] {
    Simulator::Stop(Seconds(3));
    Simulator::Run();
  });
  EXPECT_THAT(peers, testing::ElementsAre(two.dialer->GetPeerId(), alone));
}

TEST(applications_of_one_host, cannot_listen_on_one_port) {
  pair_of_applications two(true, false);
  ns3::TandemNodeHelper().Install(two.hosts.Get(1));
  Simulator::Stop(Seconds(1));
  EXPECT_EXIT(
      run_and_exit(), testing::ExitedWithCode(1),
      "^0 s: TandemNode on ns-3 node 1: Port 4001: cannot listen on 0.0.0.0:4001.*[Aa]ddress");
}

TEST(application_helper, installs_on_a_node_by_its_name) {
  const auto host = ns3::CreateObject<ns3::Node>();
  ns3::Names::Add("server", host);
  const ns3::TandemNodeHelper helper;
  EXPECT_EQ(helper.Install("server")->GetNode(), host);
  EXPECT_THROW(helper.Install("client"), std::invalid_argument);
  ns3::Names::Clear();
  Simulator::Destroy();
}

TEST(application_without_a_host, has_the_identity_that_its_index_names_or_says_what_is_missing) {
  const auto lonely = ns3::CreateObject<node>();
  EXPECT_THROW(lonely->GetPeerId(), std::logic_error);
  lonely->SetAttribute("NodeIndex", ns3::IntegerValue(1));
  EXPECT_EQ(lonely->GetPeerId(), pair_of_applications(true, false).server->GetPeerId());
}

/// Two hosts around a third, each on a line of its own to it, and nobody routes.
struct star {
  explicit star(bool ipv6) {
    hosts.Create(3);
    ns3::InternetStackHelper stack;
    stack.SetIpv4StackInstall(!ipv6);
    stack.SetIpv6StackInstall(ipv6);
    stack.Install(hosts);
    ns3::PointToPointHelper line;
    line.SetDeviceAttribute("DataRate", ns3::StringValue("10Mbps"));
    line.SetChannelAttribute("Delay", ns3::StringValue("10ms"));
    ns3::Ipv4AddressHelper ipv4("10.1.0.0", "255.255.255.0");
    ns3::Ipv6AddressHelper ipv6_addresses("fd00::", 64);
    for (std::uint32_t end : {1, 2}) {
      const auto link = line.Install(hosts.Get(0), hosts.Get(end));
      if (ipv6)
        ipv6_addresses.Assign(link);
      else
        ipv4.Assign(link);
      ipv4.NewNetwork();
      ipv6_addresses.NewNetwork();
    }
    for (std::uint32_t i = 0; i < 3; ++i)
      nodes.push_back(ns3::TandemNodeHelper().Install(hosts.Get(i)));
    for (const char* source : {"ConnectionEstablished", "DialFailed"})
      for (std::size_t i = 1; i < 3; ++i)
        nodes[i]->TraceConnectWithoutContext(
            source, ns3::Callback<void, const std::string&, const std::string&>(
                        [this, i, source](const std::string&, const std::string& cause) {
                          heard.push_back(std::to_string(i) + " " + source + " " + cause);
                          at.push_back(Simulator::Now().GetMilliSeconds());
                        }));
  }
  ~star() { Simulator::Destroy(); }
  void run(ns3::Time until) {
    Simulator::Stop(until - Simulator::Now());
    Simulator::Run();
  }

  ns3::NodeContainer hosts;
  std::vector<ns3::Ptr<node>> nodes;
  std::vector<std::string> heard;
  std::vector<std::int64_t> at;  ///< milliseconds
};

struct host_of_two_lines : testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(, host_of_two_lines, testing::Bool());

TEST_P(host_of_two_lines, is_dialled_first_at_the_address_of_the_dialers_own_network) {
  star net(GetParam());
  const auto all = addresses_of(*net.hosts.Get(0), 4001);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_THAT(within_reach(*net.hosts.Get(1), all), testing::ElementsAre(all[0], all[1]));
  EXPECT_THAT(within_reach(*net.hosts.Get(2), all), testing::ElementsAre(all[1], all[0]));
  Simulator::Schedule(Seconds(3), &node::Dial, net.nodes[1], net.nodes[0]);
  Simulator::Schedule(Seconds(4), &node::Dial, net.nodes[2], net.nodes[0]);
  net.run(Seconds(6));
  EXPECT_THAT(net.heard,
              testing::ElementsAre("1 ConnectionEstablished None", "2 ConnectionEstablished None"));
  ASSERT_EQ(net.at.size(), 2u);
  for (std::size_t i : {0, 1}) {
    EXPECT_GE(net.at[i], 3050 + 1000 * static_cast<std::int64_t>(i));
    EXPECT_LE(net.at[i], 3110 + 1000 * static_cast<std::int64_t>(i));
  }
}

TEST_P(host_of_two_lines, is_dialled_at_the_addresses_that_are_said) {
  star net(GetParam());
  const auto all = net.nodes[0]->GetAddresses();
  const std::vector<ns3::Address> first{all[0]}, second{all[1]};
  Simulator::Schedule(Seconds(3), &node::DialAt, net.nodes[2], net.nodes[0], first);
  Simulator::Schedule(Seconds(200), &node::DialAt, net.nodes[2], net.nodes[0], second);
  net.run(Seconds(202));
  EXPECT_THAT(net.heard, testing::ElementsAre(testing::StartsWith("2 DialFailed "),
                                              "2 ConnectionEstablished None"));
  try {
    net.nodes[2]->DialAt(net.nodes[0], {ns3::Address()});
    FAIL() << "it was taken";
  } catch (const std::invalid_argument& told) {
    EXPECT_THAT(told.what(), testing::StartsWith("TandemNode on ns-3 node 2: DialAt takes "));
  }
}

TEST(host_of_two_interfaces, is_not_dialled_at_the_address_of_an_interface_that_is_down) {
  star net(false);
  net.hosts.Get(0)->GetObject<ns3::Ipv4>()->SetDown(1);
  const auto left = net.nodes[0]->GetAddresses();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(ns3::InetSocketAddress::ConvertFrom(left[0]).GetIpv4(), ns3::Ipv4Address("10.1.1.1"));
}

TEST(application_without_an_address, fails_its_dials_until_it_has_one) {
  star net(false);
  const auto line = net.hosts.Get(1)->GetObject<ns3::Ipv4>();
  line->SetDown(1);
  Simulator::Schedule(Seconds(1), &node::Dial, net.nodes[1], net.nodes[0]);
  Simulator::Schedule(Seconds(2), [&] { line->SetUp(1); });
  Simulator::Schedule(Seconds(3), &node::Dial, net.nodes[1], net.nodes[0]);
  Simulator::Schedule(ns3::MilliSeconds(3500), &node::Kill, net.nodes[1]);
  Simulator::Schedule(ns3::MilliSeconds(3600), &node::Dial, net.nodes[1], net.nodes[0]);
  ns3::LogComponentEnable("TandemNode", ns3::LOG_WARN);
  testing::internal::CaptureStderr();
  net.run(Seconds(4));
  std::clog.flush();
  const auto said = testing::internal::GetCapturedStderr();
  ns3::LogComponentDisable("TandemNode", ns3::LOG_WARN);
  EXPECT_THAT(net.heard,
              testing::ElementsAre("1 DialFailed NoAddress", "1 ConnectionEstablished None"));
  EXPECT_THAT(said, testing::HasSubstr("no address of " + net.nodes[0]->GetPeerId()));
  EXPECT_THAT(said, testing::HasSubstr("Dial does nothing: this node does not run"));
}

TEST(application_that_only_dials, is_listening_nowhere) {
  pair_of_applications two(true, true);
  two.server->SetAttribute("Port", UintegerValue(0));
  EXPECT_THAT(two.server->GetAddresses(), testing::IsEmpty());
  EXPECT_EQ(two.dialer->GetAddresses().size(), 2u);
}

TEST(application_methods, refuse_to_be_told_of_no_peer) {
  pair_of_applications two(true, false);
  Simulator::Stop(Seconds(1));
  Simulator::Run();
  EXPECT_THROW(two.dialer->Dial(nullptr), std::invalid_argument);
  EXPECT_THROW(two.dialer->Disconnect(nullptr), std::invalid_argument);
  EXPECT_THROW(two.dialer->Send(nullptr, "lost"), std::invalid_argument);
}

}  // namespace
}  // namespace tandem::packet
